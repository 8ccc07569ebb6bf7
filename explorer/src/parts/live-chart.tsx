import 'uplot/dist/uPlot.min.css';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import type { Second } from '../api/live.ts';
import { grouped } from '../words/numbers.ts';

const HEIGHT = 148;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Drawn anew where the theme changes: a canvas has no style sheet. */
function draw(place: HTMLElement): uPlot {
  const axis = {
    stroke: () => colour('--soft'),
    font: '12px "IBM Plex Sans", sans-serif',
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 0, 0, 0],
    scales: {
      // A minute at least, so that the first seconds do not fill the whole.
      x: { range: (_plot, min, max) => [Math.min(min, max - 60), max] },
      claims: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.15)] },
      behind: { range: (_plot, _min, max) => [0, Math.max(8, max * 1.15)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 90,
        size: 28,
        incrs: [5, 10, 15, 30, 60, 120],
        values: (_plot, ticks) => ticks.map((at) => new Date(at * 1000).toLocaleTimeString()),
      },
      { ...axis, scale: 'claims', size: 42, values: (_plot, ticks) => ticks.map(whole) },
      {
        ...axis,
        scale: 'behind',
        side: 1,
        size: 42,
        grid: { show: false },
        values: (_plot, ticks) => ticks.map(whole),
      },
    ],
    series: [
      {},
      {
        scale: 'claims',
        stroke: () => colour('--accent'),
        fill: () => colour('--accent-wash'),
        width: 1.5,
        points: { show: false },
      },
      { scale: 'behind', stroke: () => colour('--amber'), width: 1.5, dash: [4, 3], points: { show: false } },
    ],
  };
  return new uPlot(options, [[], [], []], place);
}

function whole(tick: number): string {
  return Number.isInteger(tick) ? String(tick) : '';
}

/** Claims a second and slots behind the chain; where it was not known how many, the line has a hole. */
export function LiveChart({ seconds }: { readonly seconds: readonly Second[] }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const at = place.current;
    if (at === null) return undefined;
    const drawn = draw(at);
    plot.current = drawn;
    const sizes = new ResizeObserver(() => drawn.setSize({ width: at.clientWidth, height: HEIGHT }));
    sizes.observe(at);
    const again = (): void => drawn.redraw(true, true);
    const themes = new MutationObserver(again);
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', again);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      system.removeEventListener('change', again);
      drawn.destroy();
    };
  }, []);
  // The second under way is not whole yet.
  const over = useMemo(() => seconds.slice(0, -1), [seconds]);
  const newest = over.at(-1)?.at;
  useEffect(() => {
    plot.current?.setData([
      over.map(({ at }) => at),
      over.map(({ claims }) => claims),
      over.map(({ behind }) => behind),
    ]);
  }, [newest]);
  const claims = over.reduce((sum, second) => sum + second.claims, 0);
  return (
    <figure className="chart">
      <div ref={place} aria-hidden="true" className="chart-place" />
      <figcaption>
        <span className="key key-claims">claims a second ({grouped(claims)} in all)</span>
        <span className="key key-behind">slots behind the chain; a hole where that is not known</span>
      </figcaption>
    </figure>
  );
}
