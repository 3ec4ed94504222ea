/** A place in messages, with what stood there in the newest that has it. */
export interface Path {
  path: string
  example: string
}

/** So many places are offered, and so much of a value is shown. */
const PATHS = 200
const EXAMPLE = 40
/** What nobody picks by hand lies deeper. */
const DEPTH = 6

/** Every place of some messages, the newest first, in the order in which messages are read. */
export function pathsOf(messages: unknown[]): Path[] {
  const found = new Map<string, string>()
  const walk = (value: unknown, path: string, depth: number) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      if (path) note(path, '{ … }')
      if (depth >= DEPTH) return
      for (const [key, inner] of Object.entries(value)) {
        // A key with other signs cannot be written in a path.
        if (/^[\w-]+$/.test(key)) walk(inner, path ? `${path}.${key}` : key, depth + 1)
      }
    } else if (Array.isArray(value)) {
      note(path, '[ … ]')
      if (value.length > 0 && depth < DEPTH) walk(value[0], `${path}[0]`, depth + 1)
    } else note(path, String(value))
  }
  const note = (path: string, example: string) => {
    if (found.has(path) || found.size >= PATHS) return
    found.set(path, example.length > EXAMPLE ? `${example.slice(0, EXAMPLE)}…` : example)
  }
  for (const message of messages) walk(message, '', 0)
  const rank = (path: string) => GROUPS.findIndex((group) => path === group || path.startsWith(`${group}.`))
  const place = (path: string) => (rank(path) < 0 ? GROUPS.length : rank(path))
  return [...found]
    .map(([path, example]) => ({ path, example }))
    .sort((one, other) => place(one.path) - place(other.path))
}

/** What is picked most stands first. */
const GROUPS = ['event', 'type', 'userId', 'anonymousId', 'properties', 'traits', 'name', 'timestamp']
