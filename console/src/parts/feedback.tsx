import { Alert, Button, Loader, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { ApiError, ConnectionError, InvalidInputError } from '../../../client/src/errors.ts';
import { texts } from '../texts.ts';

/** What went wrong and what to do, in words for people. */
export function describeError(error: Error): { title: string; help: string } {
  if (error instanceof ConnectionError) return { title: texts.away.short, help: texts.away.help };
  if (error instanceof InvalidInputError)
    return { title: texts.errors.refused, help: error.message };
  if (error instanceof ApiError) {
    const title = (texts.errors.byCode as Record<string, string>)[error.code];
    return { title: title ?? texts.errors.refused, help: error.message };
  }
  return { title: texts.errors.unknown, help: error.message };
}

/** The same of something that was pressed: nobody asks again by himself. */
export function describeActError(error: Error): { title: string; help: string } {
  const told = describeError(error);
  return error instanceof ConnectionError ? { ...told, help: texts.away.acted } : told;
}

export function ErrorNote(props: {
  error: Error | null;
  retry?: () => void;
  /** Whether it is of something that was pressed. */
  isAct?: boolean;
}) {
  const { error, retry, isAct = false } = props;
  if (!error) return null;
  const { title, help } = isAct ? describeActError(error) : describeError(error);
  return (
    <Alert color="red" variant="outline" role="alert" title={title}>
      <Stack align="flex-start" gap="xs">
        <Text size="sm" className="foreign">
          {help}
        </Text>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {texts.again}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

const longWaitMs = 5_000;

/** Until the first answer; what nothing answers to is told by the strip on top as well. */
export function Waiting() {
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLong(true), longWaitMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Stack align="center" p="xl" role="status" aria-label={texts.waiting}>
      <Loader size="sm" aria-hidden />
      {isLong && <Text c="dimmed">{texts.waitingLong}</Text>}
    </Stack>
  );
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <Title order={2}>{title}</Title>
      <Text c="dimmed" maw={520} component="div">
        {children}
      </Text>
    </Stack>
  );
}
