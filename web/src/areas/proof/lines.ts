// The messages that a submission rests on: one JSON object on each line, the newest first.
import type { Sample } from './found'

/** The line of one message, read only as far as it takes; `null` when it is not there. */
export async function lineOf(
  body: ReadableStream<Uint8Array>,
  { source, position }: Pick<Sample, 'source' | 'position'>,
): Promise<string | null> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  // As they are written, before the message itself; keys of a message come later on the line.
  const head = `{"source":${JSON.stringify(source)},"position":${JSON.stringify(position)},`
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    const lines = (rest + (value ?? '')).split('\n')
    rest = done ? '' : lines.pop()!
    const found = lines.find((line) => line.startsWith(head))
    if (found !== undefined || done) {
      void reader.cancel()
      return found ?? null
    }
  }
}
