import { createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'blue',
  // Dark enough for white text on it, and for text of it on white.
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: { sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.1rem' } } },
  cursorType: 'pointer',
  components: {
    Anchor: { defaultProps: { underline: 'always' } },
    Select: { defaultProps: { comboboxProps: { shadow: 'md' } } },
  },
});

/** Mantine's own greys and reds are too pale to be read by everybody (WCAG AA wants 4.5 to 1). */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#52606a',
    '--mantine-color-placeholder': '#6b7780',
    '--mantine-color-error': '#b42323',
    '--mantine-color-anchor': '#1864ab',
    // Also where it is pointed at.
    '--mantine-color-blue-light-color': '#14538f',
    '--mantine-color-yellow-outline': '#8a5300',
  },
  dark: {
    '--mantine-color-dimmed': '#b3bcc3',
    '--mantine-color-placeholder': '#98a2aa',
    '--mantine-color-error': '#ff9c9c',
    '--mantine-color-anchor': '#8ecbff',
  },
});
