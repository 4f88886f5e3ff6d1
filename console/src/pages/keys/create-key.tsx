import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { useQueryClient } from '@tanstack/react-query';
import { CreateKeyDocument, type CallerRole } from '../../../generated/graphql.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { useSession } from '../../session.tsx';
import { texts } from '../../texts.ts';

/** Closes with the secret of the key that was made, or null. */
export function CreateKey({ onClose }: { onClose: (secret: string | null) => void }) {
  const client = useReelgraph();
  const answers = useQueryClient();
  const { me, signIn } = useSession();
  const t = texts.keys;
  const [name, setName] = useState('');
  const [callerId, setCallerId] = useState('');
  const [tenant, setTenant] = useState('');
  // The first key closes the service for all who have none: it must be able to make others.
  const [role, setRole] = useState<CallerRole>(me.kind === 'LOCAL' ? 'ADMIN' : 'CLIENT');
  const [expires, setExpires] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // The second of two quick presses would make another.
    if (isSending) return;
    setSending(true);
    try {
      const { createApiKey } = await client.request(CreateKeyDocument, {
        input: {
          callerId: callerId.trim(),
          role,
          ...(name.trim() && { name: name.trim() }),
          ...(tenant.trim() && { tenant: tenant.trim() }),
          ...(expires && { expiresAt: new Date(expires).toISOString() }),
        },
      });
      // Nobody is let in without a key any more, and this page least of all must lose the new one.
      if (me.kind === 'LOCAL') await signIn(createApiKey.secret);
      else void answers.invalidateQueries();
      onClose(createApiKey.secret);
    } catch (thrown) {
      setError(thrown as Error);
      setSending(false);
    }
  };
  return (
    <Dialog onClose={() => onClose(null)} title={t.create}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          {me.kind === 'LOCAL' && <div className="note warn">{t.firstKey}</div>}
          <TextInput
            label={t.caller}
            description={t.callerHelp}
            value={callerId}
            onChange={(event) => setCallerId(event.currentTarget.value)}
            maxLength={100}
            required
            data-autofocus
          />
          <Select
            label={t.role}
            description={t.roleHelp[role]}
            data={Object.entries(texts.roles).map(([value, label]) => ({ value, label }))}
            value={role}
            onChange={(value) => value && setRole(value as CallerRole)}
            allowDeselect={false}
          />
          <TextInput
            label={t.tenant}
            description={t.tenantHelp}
            value={tenant}
            onChange={(event) => setTenant(event.currentTarget.value)}
            maxLength={100}
          />
          <TextInput
            label={t.name}
            description={t.nameHelp}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={100}
          />
          <TextInput
            type="datetime-local"
            label={t.expires}
            description={t.expiresHelp}
            value={expires}
            onChange={(event) => setExpires(event.currentTarget.value)}
          />
          <ErrorNote error={error} isAct />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => onClose(null)}>
              {texts.leave}
            </Button>
            <Button type="submit" loading={isSending} disabled={callerId.trim() === ''}>
              {t.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
