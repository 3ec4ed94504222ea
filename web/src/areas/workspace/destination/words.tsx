/** A sentence in which `` `what the machine reads` `` is set as code. */
export function Coded({ text }: { text: string }) {
  return text.split('`').map((part, at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence.
    at % 2 === 1 ? <code key={at}>{part}</code> : part,
  )
}
