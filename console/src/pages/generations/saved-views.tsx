import { Button, Group, Menu, Stack, TextInput } from '@mantine/core';
import { useDisclosure, useLocalStorage } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { Dialog } from '../../parts/dialog.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { useSession } from '../../session.tsx';
import { texts } from '../../texts.ts';
import type { ListSearch } from './search.ts';

interface SavedView {
  name: string;
  search: ListSearch;
}

/** Views with names, kept in this browser for each caller; a colleague is sent the address instead. */
export function SavedViews({ search }: { search: ListSearch }) {
  const navigate = useNavigate();
  const { callerId } = useSession().me;
  const [views, setViews] = useLocalStorage<SavedView[]>({
    key: `reelgraph:console:views:${callerId}`,
    defaultValue: [],
  });
  const [isOpen, { open, close }] = useDisclosure();
  const [name, setName] = useState('');
  const save = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = name.trim();
    if (trimmed === '') return;
    setViews([...views.filter((view) => view.name !== trimmed), { name: trimmed, search }]);
    setName('');
    close();
  };
  return (
    <>
      {/* Its placeholder would have the focus and be no item, which no menu may have. */}
      <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button size="xs" variant="default">
            {texts.views.title}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {[...ready, ...views].map((view) => (
            <Menu.Item
              key={view.name}
              onClick={() => void navigate({ to: '/generations', search: view.search })}
            >
              <Foreign text={view.name} />
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={open}>{texts.views.save}</Menu.Item>
          {views.length > 0 && (
            <Menu.Item onClick={() => setViews([])}>{texts.views.forget}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isOpen && (
        <Dialog onClose={close} title={texts.views.save}>
          <form onSubmit={save}>
            <Stack>
              <TextInput
                label={texts.views.name}
                description={texts.views.help}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                maxLength={60}
                data-autofocus
              />
              <Group justify="flex-end">
                <Button type="submit">{texts.views.keep}</Button>
              </Group>
            </Stack>
          </form>
        </Dialog>
      )}
    </>
  );
}

/** What most look for first. */
const ready: SavedView[] = [
  { name: texts.views.all, search: {} },
  { name: texts.views.running, search: { status: 'QUEUED,SUBMITTING,PROCESSING' } },
  { name: texts.views.failed, search: { status: 'FAILED' } },
  { name: texts.views.uncertain, search: { status: 'UNCERTAIN' } },
  { name: texts.views.held, search: { held: 'yes' } },
];
