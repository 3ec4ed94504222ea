// The call that would have made a message, in the languages that people send from.
import { edited, find, type Json, type Node, parse, pretty, raw, textAt, unquote } from './json'

/** Where calls go, and as whom. */
export interface Target {
  host: string
  writeKey: string
}

/** Languages with a snippet, in the order of their tabs. */
export const LANGUAGES = ['cURL', 'Node', 'Browser', 'Python', 'Rust'] as const
export type Language = (typeof LANGUAGES)[number]

/** What the server adds to a message, and what a library makes anew for each call. */
const ADDED = new Set([
  'messageId',
  'receivedAt',
  'sentAt',
  'originalTimestamp',
  'timestamp',
  'projectId',
  'version',
  'channel',
  'writeKey',
])
const TYPES = new Set(['track', 'identify', 'page', 'screen', 'group', 'alias'])

/** The message as its sender would write it: without what the server or a library adds by itself. */
export function asSent(message: Json): Json {
  const drop = new Set(ADDED)
  const set: Record<string, string> = {}
  const context = find(message, 'context')
  if (context?.kind === 'object') {
    const text = edited({ text: message.text, root: context }, new Set(['ip', 'library']))
    if (text === '{}') drop.add('context')
    else set.context = text
  }
  for (const name of ['integrations', 'properties', 'traits']) {
    const node = find(message, name)
    if (node?.kind === 'object' && node.members.length === 0) drop.add(name)
  }
  return parse(edited(message, drop, set)) ?? message
}

/** The snippet; `null` where the language has no call for it. */
export function snippet(language: Language, message: Json, target: Target): string | null {
  const call = asSent(message)
  const type = textAt(call, 'type')
  const known = type !== undefined && TYPES.has(type)
  switch (language) {
    case 'cURL':
      return curl(call, target, known ? type : batchOr(call))
    case 'Rust':
      return rust(call, target, known ? type : batchOr(call))
    case 'Node':
      return known ? node(call, target, type) : null
    case 'Browser':
      return known ? browser(call, type) : null
    case 'Python':
      return known ? python(call, target, type) : null
  }
}

/** Path of what is no single message. */
const batchOr = (call: Json) => (find(call, 'batch') ? 'batch' : 'track')

/** A text for a POSIX shell. */
export const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

function curl(call: Json, { host, writeKey }: Target, path: string): string {
  const body = pretty(without(call, 'type', path))
  return `curl ${shell(`${host}/v1/${path}`)} \\\n  -u ${shell(`${writeKey}:`)} \\\n  -H 'content-type: application/json' \\\n  -d ${shell(body)}`
}

function rust(call: Json, { host, writeKey }: Target, path: string): string {
  const body = pretty(without(call, 'type', path))
  let hashes = '#'
  while (body.includes(`"${hashes}`)) hashes += '#'
  return `// reqwest = "0.12"
reqwest::Client::new()
    .post(${JSON.stringify(`${host}/v1/${path}`)})
    .basic_auth(${JSON.stringify(writeKey)}, Some(""))
    .header("content-type", "application/json")
    .body(r${hashes}"${body}"${hashes})
    .send()
    .await?
    .error_for_status()?;`
}

function node(call: Json, { host, writeKey }: Target, type: string): string {
  return `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({ writeKey: ${single(writeKey)}, host: ${single(host)} })

analytics.${type}(${js(without(call, 'type', type))})
await analytics.closeAndFlush()`
}

/** Arguments of the browser's calls, in their order. */
const ARGUMENTS: Record<string, string[]> = {
  track: ['event', 'properties'],
  identify: ['userId', 'traits'],
  page: ['category', 'name', 'properties'],
  screen: ['category', 'name', 'properties'],
  group: ['groupId', 'traits'],
  alias: ['userId', 'previousId'],
}

function browser(call: Json, type: string): string {
  const names = ARGUMENTS[type]!
  let args = names.map((name) => {
    const value = find(call, name)
    return value ? js({ text: call.text, root: value }) : null
  })
  // One text is the name; the category comes first only where there is one.
  if (args[0] === null && names[0] === 'category') args = args.slice(1)
  const options = edited(call, new Set(['type', 'userId', 'anonymousId', ...names]))
  const rest = options === '{}' ? null : js(parse(options)!)
  const last = rest === null ? args.findLastIndex((each) => each !== null) + 1 : args.length
  const given = args.slice(0, last).map((each) => each ?? (rest === null ? 'undefined' : '{}'))
  if (rest !== null) given.push(rest)
  const user = textAt(call, 'userId')
  const before =
    user !== undefined && !names.includes('userId')
      ? `// The visitor is known since analytics.identify(${single(user)})\n`
      : ''
  return `${before}analytics.${type}(${given.join(', ')})`
}

const PYTHON: [string, string][] = [
  ['previousId', 'previous_id'],
  ['userId', 'user_id'],
  ['anonymousId', 'anonymous_id'],
  ['groupId', 'group_id'],
  ['event', 'event'],
  ['category', 'category'],
  ['name', 'name'],
  ['properties', 'properties'],
  ['traits', 'traits'],
  ['context', 'context'],
  ['integrations', 'integrations'],
]

function python(call: Json, { host, writeKey }: Target, type: string): string {
  const args = PYTHON.flatMap(([name, argument]) => {
    const value = find(call, name)
    return value ? [`    ${argument}=${py(call, value, '    ')},`] : []
  })
  return `import segment.analytics as analytics

analytics.write_key = ${JSON.stringify(writeKey)}
analytics.host = ${JSON.stringify(host)}

analytics.${type}(
${args.join('\n')}
)
analytics.flush()`
}

/** The message without a member, where the path says it already. */
function without(call: Json, name: string, path: string): Json {
  if (path === 'batch') return call
  return parse(edited(call, new Set([name]))) ?? call
}

/** A text as JavaScript writes it. */
export function single(text: string): string {
  const inside = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/\\(.)|'/g, (all, escaped) => (escaped === '"' ? '"' : all === "'" ? "\\'" : all))
  return `'${inside}'`
}

/** A value as JavaScript writes it; digits as they came. */
export function js(json: Json, value: Node = json.root, indent = ''): string {
  const inner = `${indent}  `
  switch (value.kind) {
    case 'object': {
      if (value.members.length === 0) return '{}'
      const members = value.members.map((each) => {
        const name = unquote(raw(json, each))
        // A plain __proto__ would set the prototype instead.
        const key =
          name === '__proto__' ? "['__proto__']" : /^[A-Za-z_$][\w$]*$/.test(name) ? name : single(name)
        return `${inner}${key}: ${js(json, each.value, inner)},`
      })
      return `{\n${members.join('\n')}\n${indent}}`
    }
    case 'array':
      if (value.items.length === 0) return '[]'
      return `[\n${value.items.map((item) => `${inner}${js(json, item, inner)},`).join('\n')}\n${indent}]`
    case 'string':
      return single(unquote(raw(json, value)))
    default:
      return raw(json, value)
  }
}

const PY_WORDS: Record<string, string> = { true: 'True', false: 'False', null: 'None' }

function py(json: Json, value: Node, indent: string): string {
  const inner = `${indent}    `
  switch (value.kind) {
    case 'object': {
      if (value.members.length === 0) return '{}'
      const members = value.members.map(
        (each) => `${inner}${JSON.stringify(unquote(raw(json, each)))}: ${py(json, each.value, inner)},`,
      )
      return `{\n${members.join('\n')}\n${indent}}`
    }
    case 'array':
      if (value.items.length === 0) return '[]'
      return `[\n${value.items.map((item) => `${inner}${py(json, item, inner)},`).join('\n')}\n${indent}]`
    case 'string':
      return JSON.stringify(unquote(raw(json, value)))
    case 'word':
      return PY_WORDS[raw(json, value)] ?? raw(json, value)
    case 'number':
      return raw(json, value)
  }
}
