/** The messages of a text: one, a list, a batch as an SDK sends it, or one a line. */
export function messagesOf(text: string): { found: unknown[] } | { problem: string } {
  const all = parsed(text)
  if (all === undefined) return { problem: 'This is neither JSON nor one JSON message a line.' }
  if (all.length === 0) return { problem: 'Paste a message first.' }
  if (all.length > 500) return { problem: 'At most 500 messages can be tried at a time.' }
  return { found: all }
}

function parsed(text: string): unknown[] | undefined {
  if (text.trim() === '') return []
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
    const batch = (value as { batch?: unknown } | null)?.batch
    return Array.isArray(batch) ? batch : [value]
  } catch {
    try {
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as unknown)
    } catch {
      return undefined
    }
  }
}
