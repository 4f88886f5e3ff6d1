import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { texts } from '../texts.ts';
import { Copy } from './copy.tsx';
import { Dialog } from './dialog.tsx';

/** What was made and is still to be kept: `secret` is the next to be shown. */
export function useSecrets() {
  const [secrets, setSecrets] = useState<readonly string[]>([]);
  return {
    secret: secrets[0],
    showSecret: (made: string) => setSecrets((before) => [...before, made]),
    forgetSecret: () => setSecrets((before) => before.slice(1)),
  };
}

/** What is shown once and never again: it is closed by its button only. */
export function Secret(props: {
  title: string;
  help: string;
  secret: string;
  onClose: () => void;
}) {
  return (
    <Dialog
      onClose={props.onClose}
      title={props.title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Text>{props.help}</Text>
        <pre className="raw" tabIndex={0}>
          {props.secret}
        </pre>
        <Group justify="flex-end">
          <Copy label={texts.copy} text={props.secret} />
          <Button onClick={props.onClose}>{texts.haveIt}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
