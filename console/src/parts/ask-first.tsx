import { Button, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { texts } from '../texts.ts';
import { Dialog } from './dialog.tsx';

/** Says what will happen before it does. */
export function AskFirst(props: {
  title: string;
  confirm: string;
  isDangerous?: boolean;
  isActing: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog onClose={props.onClose} title={props.title}>
      <Stack>
        {props.children}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            {texts.leave}
          </Button>
          <Button
            color={props.isDangerous ? 'red' : undefined}
            loading={props.isActing}
            onClick={props.onConfirm}
          >
            {props.confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
