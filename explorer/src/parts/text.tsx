import { type ReactNode, useState } from 'react';
import { hrefOf, type Route } from '../routing/route.ts';
import { instant, shortened, timeOfDay } from '../words/numbers.ts';

/** A way to another view. */
export function To({ route, children }: { readonly route: Route; readonly children: ReactNode }): ReactNode {
  return <a href={hrefOf(route)}>{children}</a>;
}

/** A hash, address or signature: short where it is read by the way, whole for who copies or hears it. */
export function Mono({ text, ends = 6 }: { readonly text: string; readonly ends?: number }): ReactNode {
  return (
    <span className="mono" title={text}>
      {shortened(text, ends)}
    </span>
  );
}

export function Wallet({ address }: { readonly address: string }): ReactNode {
  return (
    <To route={{ view: 'wallet', address }}>
      <Mono text={address} ends={5} />
    </To>
  );
}

/** The whole of it, with a button that copies. */
export function Whole({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [said, say] = useState('Copy');
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => say('Copied'),
      () => say('Select it'),
    );
  };
  return (
    <span className="whole">
      <span className="mono">{text}</span>
      <button
        type="button"
        className="quiet"
        onClick={copy}
        aria-label={`${said === 'Copy' ? 'Copy' : said}: ${label}`}
      >
        {said}
      </button>
    </span>
  );
}

/** @param short The time alone where it was today. */
export function At({ iso, short = false }: { readonly iso: string; readonly short?: boolean }): ReactNode {
  return (
    <time dateTime={iso} title={instant(iso)}>
      {short ? timeOfDay(iso, new Date()) : instant(iso)}
    </time>
  );
}
