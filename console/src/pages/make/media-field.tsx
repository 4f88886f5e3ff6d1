import { Button, FileButton, Group, Input, Stack, Text, TextInput } from '@mantine/core';
import { useId, useState, type DragEvent } from 'react';
import { count, texts } from '../../texts.ts';
import type { MediaInput } from './form.ts';

interface Props {
  input: MediaInput;
  urls: string[];
  problem: string | undefined;
  onChange: (urls: string[]) => void;
}

/** Files that are dropped or chosen, and addresses of those that lie elsewhere. */
export function MediaField({ input, urls, problem, onChange }: Props) {
  const { field, kind, formats, maxBytes, maxCount, required } = input;
  const id = useId();
  const [url, setUrl] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);
  const isFull = urls.length >= maxCount;
  // Videos and sounds are given by their addresses only.
  const takesFiles = kind === 'IMAGE';
  const label = (texts.make.fields as Record<string, string>)[field] ?? field;
  const add = (more: string[]) => onChange([...urls, ...more].slice(0, maxCount));
  const addFiles = async (files: readonly File[]) => {
    const large = files.find(({ size }) => size > maxBytes);
    if (large) {
      return setRefusal(
        texts.make.fileTooLarge
          .replace('{name}', large.name)
          .replace('{limit}', String(Math.floor(maxBytes / 1_048_576))),
      );
    }
    const room = maxCount - urls.length;
    setRefusal(files.length > room ? count(texts.make.tooMany, maxCount) : null);
    add(await Promise.all(files.map(readAsDataUrl)));
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const files = [...event.dataTransfer.files];
    if (takesFiles) void addFiles(files);
    else if (files.length > 0) setRefusal(texts.make.urlOnly);
  };
  const addUrl = () => {
    if (url.trim() === '') return;
    setRefusal(null);
    add([url.trim()]);
    setUrl('');
  };
  return (
    <Input.Wrapper
      label={label}
      labelElement="div"
      labelProps={{ id }}
      description={`${formats.join(', ')} · ${texts.make.upTo} ${Math.floor(maxBytes / 1_048_576)} MB${maxCount > 1 ? ` · ${texts.make.atMost} ${maxCount}` : ''}${required ? '' : ` · ${texts.make.optional}`}`}
      error={refusal ?? problem}
    >
      <div
        role="group"
        aria-labelledby={id}
        className={isOver ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Stack gap="xs">
          {urls.map((each, index) => (
            <Group key={`${index} ${each.slice(0, 60)}`} gap="xs" wrap="nowrap">
              {each.startsWith('data:image/') ? (
                <img src={each} alt={`${label} ${index + 1}`} />
              ) : (
                <Text size="sm" className="foreign" flex={1}>
                  {each.slice(0, 200)}
                </Text>
              )}
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`${texts.make.remove} ${label} ${index + 1}`}
                onClick={() => {
                  setRefusal(null);
                  onChange(urls.filter((_, at) => at !== index));
                }}
              >
                {texts.make.remove}
              </Button>
            </Group>
          ))}
          {!isFull && (
            <Group gap="xs" align="flex-end">
              {takesFiles && (
                <FileButton
                  multiple
                  accept="image/*"
                  inputProps={{ 'aria-label': `${texts.make.file}: ${label}`, tabIndex: -1 }}
                  onChange={(files) => void addFiles(files)}
                >
                  {(props) => (
                    <Button size="xs" variant="default" {...props}>
                      {texts.make.file}
                    </Button>
                  )}
                </FileButton>
              )}
              <TextInput
                size="xs"
                flex="1 1 10rem"
                type="url"
                aria-label={`${texts.make.url}: ${label}`}
                placeholder={takesFiles ? texts.make.dropOrUrl : texts.make.url}
                value={url}
                onChange={(event) => setUrl(event.currentTarget.value)}
                onBlur={addUrl}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter') return;
                  event.preventDefault();
                  addUrl();
                }}
              />
            </Group>
          )}
        </Stack>
      </div>
    </Input.Wrapper>
  );
}

function readAsDataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}
