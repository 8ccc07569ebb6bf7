import { type ReactNode, useState } from 'react';

type Theme = 'system' | 'light' | 'dark';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

function kept(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function keep(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
  } catch {
    // It holds until the page is left.
  }
}

/** Light, dark, or as the system has it. */
export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState(kept);
  const next = NEXT[theme];
  const change = (): void => {
    keep(next);
    setTheme(next);
  };
  return (
    <button type="button" className="quiet theme" onClick={change} aria-label={`Theme: ${theme}. Change to ${next}.`}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" className="theme-ring" />
        {theme === 'system' && <path d="M10 3a7 7 0 0 1 0 14z" className="theme-fill" />}
        {theme === 'dark' && <circle cx="10" cy="10" r="7" className="theme-fill" />}
      </svg>
      <span>{theme}</span>
    </button>
  );
}
