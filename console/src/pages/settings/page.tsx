import { Stack, Table, Text } from '@mantine/core';
import { SettingsDocument, type SettingsQuery } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { texts } from '../../texts.ts';

/** How the server that answers is set; of secrets and addresses only whether they are. */
export function Settings() {
  const answer = useAnswer(SettingsDocument, {});
  const settings = answer.data?.settings;
  const t = texts.settings;
  return (
    <>
      <PageHead title={texts.pages.settings}>
        <CopyAs document={SettingsDocument} variables={{}} />
      </PageHead>
      <Stack>
        <Text>{t.about}</Text>
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        {!settings && !answer.error && <Waiting />}
        {settings && (
          <Table.ScrollContainer
            minWidth={640}
            scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
          >
            <Table aria-label={texts.pages.settings}>
              <Table.Thead>
                <Table.Tr>
                  {[t.name, t.value, t.from, t.decides].map((label) => (
                    <Table.Th key={label}>{label}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {settings.map((setting) => (
                  <Table.Tr key={setting.name}>
                    <Table.Th scope="row">
                      <code>{setting.name}</code>
                    </Table.Th>
                    <Table.Td>
                      <Value setting={setting} />
                    </Table.Td>
                    <Table.Td>{setting.isSet ? t.isSet : t.isDefault}</Table.Td>
                    <Table.Td>{setting.about}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Stack>
    </>
  );
}

function Value({ setting }: { setting: SettingsQuery['settings'][number] }) {
  const t = texts.settings;
  if (setting.value !== null) return <Foreign text={setting.value} />;
  return <Text c="dimmed">{setting.isHidden ? t.isHidden : t.none}</Text>;
}
