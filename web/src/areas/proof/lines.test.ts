import { expect, test } from 'vitest'
import { lineOf } from './lines'

const line = (position: string, event: string) =>
  `{"source":"src_1","position":"${position}","receivedAtMs":1,"message":{"event":"${event}"}}`
const body = (...chunks: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })

test('a line is found wherever it is cut', async () => {
  const text = [line('30', 'C'), line('20', 'B – ü'), line('10', 'A')].join('\n')
  for (let at = 1; at < text.length; at += 7) {
    const found = await lineOf(body(text.slice(0, at), text.slice(at)), { source: 'src_1', position: '20' })
    expect(found).toBe(line('20', 'B – ü'))
  }
  expect(await lineOf(body(text), { source: 'src_1', position: '10' })).toBe(line('10', 'A'))
})

test('what is not there is not found, nor what only names it', async () => {
  const other = line('30', String.raw`{\"source\":\"src_1\",\"position\":\"20\",`)
  expect(await lineOf(body(`${other}\n`), { source: 'src_1', position: '20' })).toBeNull()
})
