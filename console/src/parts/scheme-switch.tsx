import { Button, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { texts } from '../texts.ts';

export function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <Button
      variant="default"
      size="xs"
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      aria-label={isDark ? texts.shell.toLight : texts.shell.toDark}
    >
      <span aria-hidden>{isDark ? '☀' : '☾'}</span>
    </Button>
  );
}
