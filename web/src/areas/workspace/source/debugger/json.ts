// JSON as it was received: a tree of places in the text, so that every digit and the order of keys stay as they are.

/** A value, by where it stands in its text. */
export type Node =
  | { kind: 'object'; start: number; end: number; members: Member[] }
  | { kind: 'array'; start: number; end: number; items: Node[] }
  | { kind: 'string' | 'number' | 'word'; start: number; end: number }

/** A key with its value; `start` and `end` are the key's, quotes included. */
export interface Member {
  start: number
  end: number
  value: Node
}

/** A text with the tree of what it holds. */
export interface Json {
  text: string
  root: Node
}

const SCALAR = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const SPACE = /[ \t\n\r]*/y

/** The tree of a JSON text; `null` for what is none. */
export function parse(text: string): Json | null {
  let at = 0
  const space = () => {
    SPACE.lastIndex = at
    SPACE.test(text)
    at = SPACE.lastIndex
  }
  const token = (pattern: RegExp): [number, number] => {
    pattern.lastIndex = at
    if (!pattern.test(text)) throw new SyntaxError(`at ${at}`)
    const start = at
    at = pattern.lastIndex
    return [start, at]
  }
  /** Goes over the members or items of what opened at `start`. */
  const each = (close: string, one: () => void) => {
    at += 1
    space()
    if (text[at] === close) {
      at += 1
      return
    }
    for (;;) {
      one()
      space()
      if (text[at] === close) {
        at += 1
        return
      }
      if (text[at] !== ',') throw new SyntaxError(`at ${at}`)
      at += 1
    }
  }
  const value = (): Node => {
    space()
    const start = at
    switch (text[at]) {
      case '{': {
        const members: Member[] = []
        each('}', () => {
          space()
          const [from, to] = token(STRING)
          space()
          if (text[at] !== ':') throw new SyntaxError(`at ${at}`)
          at += 1
          members.push({ start: from, end: to, value: value() })
        })
        return { kind: 'object', start, end: at, members }
      }
      case '[': {
        const items: Node[] = []
        each(']', () => items.push(value()))
        return { kind: 'array', start, end: at, items }
      }
      case '"': {
        const [from, to] = token(STRING)
        return { kind: 'string', start: from, end: to }
      }
      default: {
        const [from, to] = token(SCALAR)
        const digit = text[from]! <= '9'
        return { kind: digit ? 'number' : 'word', start: from, end: to }
      }
    }
  }
  try {
    const root = value()
    space()
    return at === text.length ? { text, root } : null
  } catch (error) {
    // Nesting that is too deep for the stack is no JSON of ours either.
    if (error instanceof SyntaxError || error instanceof RangeError) return null
    throw error
  }
}

/** The bytes of a node. */
export const raw = ({ text }: Json, node: { start: number; end: number }) => text.slice(node.start, node.end)

/** What a string literal says; half a surrogate pair and the like stay as they are written. */
export function unquote(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal.slice(1, -1)
  }
}

/** The member of an object with this name; of several the last one, as parsers have it. */
export function member(json: Json, node: Node | undefined, name: string): Node | undefined {
  if (node?.kind !== 'object') return undefined
  return node.members.findLast((each) => unquote(raw(json, each)) === name)?.value
}

/** Follows member names from the root. */
export function find(json: Json, ...path: string[]): Node | undefined {
  let node: Node | undefined = json.root
  for (const name of path) node = member(json, node, name)
  return node
}

/** The text of a string member, or the digits of a number. */
export function textAt(json: Json, ...path: string[]): string | undefined {
  const node = find(json, ...path)
  if (node?.kind === 'string') return unquote(raw(json, node))
  return node?.kind === 'number' ? raw(json, node) : undefined
}

/** One line of the pretty text. */
export interface Line {
  depth: number
  /** JSON pointer of the value that stands or begins here; a closing line has that of its opening one. */
  pointer: string
  /** The key as it is written, quotes included. */
  key?: string
  /** A scalar as it is written, or the bracket. */
  text: string
  kind: Node['kind'] | 'close'
  comma: boolean
  /** For an opening line: how many lie in it. */
  size?: number
  /** For an opening line whose inside is not shown. */
  folded?: boolean
  /** From the key to the end of the value, exactly as the sender wrote it. */
  written?: string
}

const OPEN = { object: '{', array: '[' } as const
const CLOSE = { object: '}', array: ']' } as const

/** The text in lines, nothing of it changed but the white space, and the order of keys when they are `sorted`. */
export function lines(
  json: Json,
  { sorted = false, folded = new Set<string>() }: { sorted?: boolean; folded?: ReadonlySet<string> } = {},
): Line[] {
  const out: Line[] = []
  const add = (node: Node, depth: number, pointer: string, comma: boolean, key?: Member) => {
    const head = {
      depth,
      pointer,
      ...(key && { key: raw(json, key), written: json.text.slice(key.start, node.end) }),
    }
    if (node.kind !== 'object' && node.kind !== 'array') {
      out.push({ ...head, text: raw(json, node), kind: node.kind, comma })
      return
    }
    const size = node.kind === 'object' ? node.members.length : node.items.length
    if (size === 0) {
      out.push({ ...head, text: OPEN[node.kind] + CLOSE[node.kind], kind: node.kind, comma, size })
      return
    }
    if (folded.has(pointer)) {
      const text = `${OPEN[node.kind]}…${CLOSE[node.kind]}`
      out.push({ ...head, text, kind: node.kind, comma, size, folded: true })
      return
    }
    out.push({ ...head, text: OPEN[node.kind], kind: node.kind, comma: false, size, folded: false })
    if (node.kind === 'object') {
      const members = sorted ? byName(json, node.members) : node.members
      members.forEach((each, at) => {
        const name = unquote(raw(json, each)).replaceAll('~', '~0').replaceAll('/', '~1')
        add(each.value, depth + 1, `${pointer}/${name}`, at < size - 1, each)
      })
    } else {
      node.items.forEach((item, at) => {
        add(item, depth + 1, `${pointer}/${at}`, at < size - 1)
      })
    }
    out.push({ depth, pointer, text: CLOSE[node.kind], kind: 'close', comma })
  }
  add(json.root, 0, '', false)
  return out
}

function byName(json: Json, members: Member[]): Member[] {
  const named = members.map((each) => ({ each, name: unquote(raw(json, each)) }))
  return named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(({ each }) => each)
}

/** The node at a JSON pointer, with the member that holds it. */
export function at(json: Json, pointer: string): Node | undefined {
  let node: Node | undefined = json.root
  for (const word of pointer.split('/').slice(1)) {
    const name = word.replaceAll('~1', '/').replaceAll('~0', '~')
    node = node?.kind === 'array' ? node.items[Number(name)] : member(json, node, name)
  }
  return node
}

/** The text in several lines, indented by two; scalars as they are written. */
export function pretty(json: Json, node: Node = json.root, indent = ''): string {
  const inner = `${indent}  `
  switch (node.kind) {
    case 'object':
      if (node.members.length === 0) return '{}'
      return `{\n${node.members
        .map((each) => `${inner}${raw(json, each)}: ${pretty(json, each.value, inner)}`)
        .join(',\n')}\n${indent}}`
    case 'array':
      if (node.items.length === 0) return '[]'
      return `[\n${node.items.map((item) => inner + pretty(json, item, inner)).join(',\n')}\n${indent}]`
    default:
      return raw(json, node)
  }
}

/** The text of an object without some of its members, and with others set to JSON texts. */
export function edited(json: Json, drop: ReadonlySet<string>, set: Record<string, string> = {}): string {
  if (json.root.kind !== 'object') return json.text
  const left = new Map(Object.entries(set))
  const parts: string[] = []
  for (const each of json.root.members) {
    const name = unquote(raw(json, each))
    if (drop.has(name)) continue
    const value = left.get(name) ?? raw(json, each.value)
    left.delete(name)
    parts.push(`${raw(json, each)}:${value}`)
  }
  for (const [name, value] of left) parts.push(`${JSON.stringify(name)}:${value}`)
  return `{${parts.join(',')}}`
}
