import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import {
  KeysDocument,
  RevokeKeyDocument,
  RotateKeyDocument,
  type KeyFragment,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AskFirst } from '../../parts/ask-first.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Secret, useSecrets } from '../../parts/secret.tsx';
import { Time } from '../../parts/time.tsx';
import { useAct } from '../../parts/use-act.ts';
import { texts } from '../../texts.ts';
import { CreateKey } from './create-key.tsx';

/** How long the old key goes on working. */
const overlapHours = 24;

interface Asked {
  what: 'revoke' | 'rotate';
  key: KeyFragment;
}

export function Keys() {
  const answer = useAnswer(KeysDocument, {});
  const { act, isActing } = useAct();
  const [isMaking, setMaking] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const { secret, showSecret, forgetSecret } = useSecrets();
  const t = texts.keys;
  const keys = answer.data?.apiKeys ?? [];
  const run = async (wanted: Asked) => {
    const { what, key } = wanted;
    if (what === 'revoke') await act(RevokeKeyDocument, { id: key.id });
    else {
      const made = await act(RotateKeyDocument, { id: key.id, overlapHours });
      if (made) showSecret(made.rotateApiKey.secret);
    }
    setAsked((now) => (now === wanted ? null : now));
  };
  return (
    <>
      <PageHead title={texts.pages.keys}>
        <Button size="xs" onClick={() => setMaking(true)}>
          {t.create}
        </Button>
      </PageHead>
      <Stack>
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        {answer.isLoading && <Waiting />}
        {answer.isSuccess && keys.length === 0 && <Empty title={t.none}>{t.noneHelp}</Empty>}
        {keys.length > 0 && <KeyTable keys={keys} ask={(what, key) => setAsked({ what, key })} />}
      </Stack>
      {secret ? (
        // Whatever was opened while it was made waits.
        <Secret title={t.made} help={t.madeHelp} secret={secret} onClose={forgetSecret} />
      ) : asked ? (
        <AskFirst
          title={t[asked.what]}
          confirm={t[asked.what]}
          isDangerous={asked.what === 'revoke'}
          isActing={isActing}
          onConfirm={() => void run(asked)}
          onClose={() => setAsked(null)}
        >
          <Text>
            <Foreign text={asked.key.name} /> ({asked.key.prefix}…)
          </Text>
          <Text>{asked.what === 'revoke' ? t.revokeHelp : t.rotateHelp}</Text>
        </AskFirst>
      ) : (
        isMaking && (
          <CreateKey
            onClose={(made) => {
              setMaking(false);
              if (made) showSecret(made);
            }}
          />
        )
      )}
    </>
  );
}

function KeyTable(props: {
  keys: readonly KeyFragment[];
  ask: (what: 'revoke' | 'rotate', key: KeyFragment) => void;
}) {
  const t = texts.keys;
  return (
    <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={texts.pages.keys}>
        <Table.Thead>
          <Table.Tr>
            {[t.name, t.caller, t.role, t.key, t.createdAt, t.lastUsed, t.state, t.actions].map(
              (label) => (
                <Table.Th key={label}>{label}</Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.keys.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td>
                <Foreign text={key.name} />
              </Table.Td>
              <Table.Td>
                <Foreign text={key.callerId} />
                {key.tenant && <small> ({key.tenant})</small>}
              </Table.Td>
              <Table.Td>{texts.roles[key.role]}</Table.Td>
              <Table.Td>
                <code>{key.prefix}…</code>
              </Table.Td>
              <Table.Td>
                <Time at={key.createdAt} brief />
              </Table.Td>
              <Table.Td>{key.lastUsedAt ? <Time at={key.lastUsedAt} brief /> : t.never}</Table.Td>
              <Table.Td>
                <span className={`state ${key.usable ? 'good' : 'calm'}`}>
                  {key.usable ? t.usable : key.revokedAt ? t.revoked : t.expired}
                </span>
                {key.usable && key.expiresAt && (
                  <Text size="sm" c="dimmed">
                    {t.until} <Time at={key.expiresAt} brief />
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                {key.usable && (
                  <Group gap={4} wrap="nowrap">
                    {(['rotate', 'revoke'] as const).map((what) => (
                      <Button
                        key={what}
                        size="compact-xs"
                        variant="default"
                        aria-label={`${t[what]}: ${key.name}`}
                        onClick={() => props.ask(what, key)}
                      >
                        {t[what]}
                      </Button>
                    ))}
                  </Group>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
