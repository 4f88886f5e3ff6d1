import { Alert, AppShell, Burger, Button, Group, NavLink, Stack, Text } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { MeDocument } from '../generated/graphql.ts';
import { useAwaySince } from './api/connection.ts';
import { useAnswer } from './api/use-answer.ts';
import { SchemeSwitch } from './parts/scheme-switch.tsx';
import { Foreign } from './parts/foreign.tsx';
import { PageHead } from './parts/page-head.tsx';
import { ReportProvider } from './parts/report.tsx';
import { TimeOfDay } from './parts/time.tsx';
import { loadPages } from './router.tsx';
import { useMay, useSession } from './session.tsx';
import { texts } from './texts.ts';

/** The page that was asked for comes first. */
const loadOthersAfterMs = 1_000;

/** A file that misses its field would be opened instead of the console, which forgets the key by that. */
function useFilesStayOut(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    };
    addEventListener('dragover', refuse);
    addEventListener('drop', refuse);
    return () => {
      removeEventListener('dragover', refuse);
      removeEventListener('drop', refuse);
    };
  }, []);
}

/** What surrounds each page. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const { me, signOut } = useSession();
  // Where the header has no room for who is signed in, it stands below the pages.
  const isNarrow = useMediaQuery('(max-width: 36em)');
  useEffect(close, [close, pathname]);
  useFilesStayOut();
  useEffect(() => {
    const timer = setTimeout(() => void loadPages(), loadOthersAfterMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip" href="#page">
        {texts.shell.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={texts.shell.menu}
              aria-expanded={isOpen}
            />
            <Text fw={700}>Reelgraph</Text>
          </Group>
          <Group gap="sm" wrap="nowrap">
            <Text size="sm" visibleFrom="xs">
              <Foreign text={me.callerId} /> · {texts.roles[me.role]}
            </Text>
            <SchemeSwitch />
            {me.kind !== 'LOCAL' && (
              <Button variant="default" size="xs" onClick={signOut}>
                {texts.shell.signOut}
              </Button>
            )}
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={texts.shell.pages}>
        <Pages />
        {isNarrow && (
          <Text size="sm" mt="md" px="xs">
            <Foreign text={me.callerId} /> · {texts.roles[me.role]}
          </Text>
        )}
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        <Strips />
        <ReportProvider key={pathname}>
          <Page />
        </ReportProvider>
      </AppShell.Main>
    </AppShell>
  );
}

function usePages() {
  const may = useMay();
  return [
    { to: '/', label: texts.pages.overview, shown: true },
    { to: '/generations', label: texts.pages.generations, shown: true },
    { to: '/make', label: texts.pages.make, shown: may.generate },
    // Everybody may look at his own there; deciding is an admin's.
    { to: '/uncertain', label: texts.pages.uncertain, shown: may.seeAll, isOpen: true },
    { to: '/audit', label: texts.pages.audit, shown: may.seeAll },
    { to: '/webhooks', label: texts.pages.webhooks, shown: true },
    { to: '/keys', label: texts.pages.keys, shown: may.administer },
    { to: '/accounts', label: texts.pages.accounts, shown: may.seeAll },
    { to: '/media', label: texts.pages.media, shown: true },
    { to: '/settings', label: texts.pages.settings, shown: may.administer },
  ] as const;
}

/** The page of this address; nobody is offered what his role may not do. */
function Page() {
  const { pathname } = useLocation();
  const closed = usePages().find(
    ({ to, shown, ...page }) => !shown && !('isOpen' in page) && pathname.startsWith(to),
  );
  const { me } = useSession();
  if (!closed) return <Outlet />;
  return (
    <>
      <PageHead title={closed.label} />
      <Alert color="red" variant="outline" role="alert" title={texts.errors.byCode.FORBIDDEN}>
        {texts.errors.otherRole.replace('{role}', texts.roles[me.role])}
      </Alert>
    </>
  );
}

function Pages() {
  const { pathname } = useLocation();
  return (
    <Stack gap={2}>
      {usePages()
        .filter(({ shown }) => shown)
        .map(({ to, label }) => {
          const isHere = to === '/' ? pathname === '/' : pathname.startsWith(to);
          return (
            <NavLink
              key={to}
              label={label}
              active={isHere}
              color="blue"
              variant="filled"
              aria-current={isHere ? 'page' : undefined}
              renderRoot={(props) => <Link to={to} {...props} />}
            />
          );
        })}
    </Stack>
  );
}

/** What everybody must know whatever the page: open mode, and that nothing answers. */
function Strips() {
  const { me } = useSession();
  const awaySince = useAwaySince();
  const answers = useQueryClient();
  const wasAway = useRef(false);
  // Something has to ask for it to be noticed that the service is back.
  useAnswer(MeDocument, {}, { everyMs: awaySince === null ? 20_000 : 2_000 });
  useEffect(() => {
    if (wasAway.current && awaySince === null) void answers.invalidateQueries();
    wasAway.current = awaySince !== null;
  }, [answers, awaySince]);
  return (
    <Stack gap={4} mb={awaySince === null && me.kind !== 'LOCAL' ? 0 : 'sm'}>
      {me.kind === 'LOCAL' && (
        <div className="note strip warn" role="note">
          {texts.shell.open}
        </div>
      )}
      <div role="status">
        {awaySince !== null && (
          <div className="note strip bad">
            {texts.away.since} <TimeOfDay at={awaySince} />. {texts.away.help}
          </div>
        )}
      </div>
    </Stack>
  );
}
