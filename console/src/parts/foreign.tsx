/** What somebody else wrote, as text: marks that turn the direction of writing end with it. */
export function Foreign({ text, block = false }: { text: string; block?: boolean }) {
  return <bdi className={block ? 'foreign block' : 'foreign'}>{text}</bdi>;
}
