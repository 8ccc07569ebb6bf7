import { type FormEvent, type ReactNode, useRef } from 'react';
import { To } from '../parts/text.tsx';
import { hrefOf, type Route, routeFor } from '../routing/route.ts';
import { ThemeSwitch } from './theme-switch.tsx';

const PLACES = [
  { route: { view: 'overview' }, name: 'Overview', views: ['overview', 'channel'] },
  { route: { view: 'roots' }, name: 'Roots', views: ['roots', 'root', 'proof'] },
  { route: { view: 'epochs' }, name: 'Epochs', views: ['epochs', 'epoch'] },
  { route: { view: 'pipeline' }, name: 'Pipeline', views: ['pipeline'] },
  { route: { view: 'verify' }, name: 'Verify', views: ['verify'] },
] as const;

export function Header({ route }: { readonly route: Route }): ReactNode {
  return (
    <header className="head">
      <p className="brand">
        <To route={{ view: 'overview' }}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 7v6M9 19v-3a3 3 0 0 1 3-3h8a3 3 0 0 1 3 3v3" />
            <circle cx="16" cy="7" r="2.6" />
            <circle cx="9" cy="22" r="2.6" />
            <circle cx="23" cy="22" r="2.6" />
          </svg>
          Attention Oracle
        </To>
      </p>
      <nav aria-label="Views">
        <ul>
          {PLACES.map(({ route: place, name, views }) => {
            const isHere = (views as readonly string[]).includes(route.view);
            return (
              <li key={name}>
                <a href={hrefOf(place)} aria-current={isHere ? 'page' : undefined}>
                  {name}
                </a>
              </li>
            );
          })}
        </ul>
      </nav>
      <Search />
      <ThemeSwitch />
    </header>
  );
}

function Search(): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  const go = (event: FormEvent): void => {
    event.preventDefault();
    const route = routeFor(field.current?.value ?? '');
    if (route === undefined) field.current?.focus();
    else window.location.hash = hrefOf(route);
  };
  return (
    <form className="search" role="search" onSubmit={go}>
      <label className="hidden" htmlFor="search">
        Channel, epoch, wallet, or channel/epoch/index
      </label>
      <input
        ref={field}
        id="search"
        type="search"
        placeholder="Channel, epoch, wallet …"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={400}
      />
      <button type="submit">Go</button>
    </form>
  );
}
