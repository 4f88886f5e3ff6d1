import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, barriersOn } from '../../support/console.ts';
import { aPng } from '../../support/images.ts';
import { inBrowser, startBrowser, startOpenConsole } from '../../support/console-pages.ts';

const consoles = startOpenConsole();

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reelgraph-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** One of 21 MB, on the disk: a browser takes seconds for bytes that it is handed. */
async function aLargeFile(name: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, '');
  await truncate(path, 21 * 1024 * 1024);
  return path;
}

inBrowser('in a browser', () => {
  const openPage = startBrowser();

  test('a video is made, priced before and checked while typing, and seen to finish without a reload', async () => {
    const { page, complaints } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/make?model=MiniMax-Hailuo-02`);
    const button = page.getByRole('button', { name: 'Make the video' });
    await page.getByLabel('Prompt', { exact: true }).fill('x'.repeat(2001));
    await page.getByText(/2001 characters/).waitFor();
    // It has a price: only not as it stands.
    await page.getByText('The price is shown here when').waitFor();
    expect(await button.isDisabled()).toBe(true);

    await page.getByLabel('Prompt', { exact: true }).fill('A boat ');
    await page.getByRole('button', { name: 'Push in' }).click();
    await page.getByText('List price: $0.28').waitFor();
    await button.click();
    await page.getByText('MiniMax is working on it').waitFor();
    await page.locator('video[src*=".mp4"]').waitFor();
    await page.getByRole('link', { name: 'All about it' }).click();
    await page.getByText('Generation succeeded').waitFor();
    await page.getByText('Kept since').waitFor();
    await page.getByText('A boat [Push in]').first().waitFor();
    // What is copied as a command asks for what the page shows.
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'as curl' }).click();
    await page.getByText('Copied').waitFor();
    const command = await page.evaluate<string>('navigator.clipboard.readText()');
    const body = JSON.parse(/--data '([^]*)'$/.exec(command)![1]!) as {
      query: string;
      variables: object;
    };
    const { generation } = await ask(consoles.open, body.query, body.variables);
    expect(generation).toMatchObject({ prompt: 'A boat [Push in]', status: 'SUCCEEDED' });
    expect(complaints).toEqual([]);
  });

  test('an image is dropped on the form, shown and checked; one that is too large is told of', async () => {
    const { page, complaints } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/make?model=MiniMax-Hailuo-02`);
    const file = page.getByLabel('Choose files: First frame');
    const image = { name: 'boat.png', mimeType: 'image/png' };
    await file.setInputFiles(await aLargeFile('boat.png'));
    await page.getByText('“boat.png” is larger than 20 MB.').waitFor();
    await file.setInputFiles({ ...image, buffer: Buffer.from('no image') });
    await page
      .getByText(/JPEG, PNG/)
      .last()
      .waitFor();
    await page.getByRole('button', { name: 'Remove First frame 1' }).click();
    /** Whether the browser is kept from opening them instead of the page. */
    const drop = (where: string, names: string[]) =>
      page.evaluate<boolean>(`(() => {
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob('${aPng().toString('base64')}'), (c) => c.charCodeAt(0));
        for (const name of ${JSON.stringify(names)})
          data.items.add(new File([bytes], name, { type: 'image/png' }));
        const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector('${where}').dispatchEvent(event);
        return event.defaultPrevented;
      })()`);
    expect(await drop('h1', ['boat.png'])).toBe(true);
    await drop('.drop', ['boat.png', 'other.png']);
    await page.getByRole('img', { name: 'First frame 1' }).waitFor();
    await page.getByText('Only 1 file fits here').waitFor();
    await page.getByText('List price: $0.28').waitFor();
    await page.getByRole('button', { name: 'Make the video' }).click();
    await page.getByRole('link', { name: 'All about it' }).click();
    await page.getByText(/^urn:sha256:/).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a prompt is improved, for a price that is told before, and taken over', async () => {
    const { page, complaints } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/make?model=MiniMax-H3`);
    const prompt = page.getByLabel('Prompt', { exact: true });
    await prompt.fill('A boat');
    await page.getByText(/Paid by tokens: \$\d/).waitFor();
    const improve = page.getByRole('button', { name: 'Have MiniMax improve the prompt' });
    await improve.click();
    await page.getByText('MiniMax-H3 needs an aspectRatio').first().waitFor();
    await page.getByLabel('Aspect ratio').first().click();
    await page.getByRole('option', { name: '16:9' }).click();
    await improve.click();
    const use = page.getByRole('button', { name: 'Use this prompt' });
    await use.waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await use.click();
    expect((await prompt.inputValue()).length).toBeGreaterThan('A boat'.length);
    expect(complaints).toEqual([]);
  });
});
