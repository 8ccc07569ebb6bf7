import { type ReactNode, useEffect, useId, useRef } from 'react';

/** A part of a view, under a heading of its own. */
export function Panel({
  title,
  beside,
  children,
  wide = false,
}: {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
  readonly wide?: boolean;
}): ReactNode {
  const id = useId();
  return (
    <section className={wide ? 'panel panel-wide' : 'panel'} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {beside !== undefined && <div className="panel-beside">{beside}</div>}
      </header>
      {children}
    </section>
  );
}

let isFirst = true;

/** The heading of a view: it takes the focus when the view comes, so that a screen reader begins there. */
export function Title({
  children,
  over,
  under,
}: {
  readonly children: string;
  readonly over?: ReactNode;
  readonly under?: ReactNode;
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · Attention Oracle`;
    // Not when the page is opened: there the browser begins at the top by itself.
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [children]);
  return (
    <div className="title">
      {over !== undefined && <p className="title-over">{over}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {children}
      </h1>
      {under !== undefined && <p className="title-under">{under}</p>}
    </div>
  );
}

/** Names and values. */
export function Facts({ children }: { readonly children: ReactNode }): ReactNode {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A table that scrolls by itself where it is too wide, also by keys. */
export function Table({
  label,
  head,
  children,
}: {
  readonly label: string;
  /** Names of the columns; `wide:` before one that a phone leaves out, `num:` before one of numbers. */
  readonly head: readonly string[];
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="scroll" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((name) => {
              const [, kinds = '', text = ''] = /^((?:(?:wide|num):)*)(.*)$/.exec(name) ?? [];
              return (
                <th key={text} scope="col" className={kinds.replaceAll(':', ' ').trim() || undefined}>
                  {text}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
