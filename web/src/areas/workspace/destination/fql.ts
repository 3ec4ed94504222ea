/** Where in a condition the server found a fault: before it and from there on, of the line that it is in. */
export function placeOf(
  condition: string,
  message: string,
  /** Bytes that stood before the condition where it was sent. */
  prefixed = 0,
): { before: string; after: string; line: number } | undefined {
  const byte = /at byte (\d+)/.exec(message)?.[1]
  if (byte === undefined) return undefined
  const bytes = new TextEncoder().encode(condition)
  const at = Math.max(0, Math.min(bytes.length, Number(byte) - prefixed))
  const before = new TextDecoder().decode(bytes.slice(0, at))
  const after = new TextDecoder().decode(bytes.slice(at))
  return {
    before: before.slice(before.lastIndexOf('\n') + 1),
    after: after.split('\n')[0]!,
    line: before.split('\n').length,
  }
}
