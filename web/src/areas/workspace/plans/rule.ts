// What a rule's JSON Schema says of properties, as people read and change it. Pure.

/** A JSON Schema, or a part of one. */
export type Schema = Record<string, unknown>

/** What tells rules apart. */
export interface RuleName {
  type: string
  key?: string | null
  version: number
}

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The kinds of rules, in the order in which they are listed. */
export const RULE_TYPES: readonly string[] = ['TRACK', 'IDENTIFY', 'GROUP', 'PAGE', 'SCREEN', 'COMMON']

const CALLS: Record<string, string> = {
  IDENTIFY: 'Identify calls',
  GROUP: 'Group calls',
  PAGE: 'Page calls',
  SCREEN: 'Screen calls',
  COMMON: 'Every message',
}

/** "Order Completed", "Identify calls" */
export const titleOf = ({ type, key }: RuleName) => key || CALLS[type] || type

/** A rule as it stands in the address. */
export const ruleId = ({ type, key, version }: RuleName) => `${type} ${version} ${key ?? ''}`.trim()

/** The member of a message that holds what a rule is about; of every message it is the message itself. */
const placeOf = (type: string) =>
  type === 'COMMON' ? null : type === 'IDENTIFY' || type === 'GROUP' ? 'traits' : 'properties'

/** "trait" or "property", or what is neither. */
export function partOf(type: string): 'trait' | 'property' | 'field' {
  const place = placeOf(type)
  return place === null ? 'field' : place === 'traits' ? 'trait' : 'property'
}

/** One property, as a line of the table. */
export interface Property {
  /** Names from outside in; `$` is an element of a list. */
  path: string[]
  /** JSON Schema's types, `date time` for a text that is one; none: any. */
  types: string[]
  required: boolean
  /** The values that it may have, each as it is written. */
  values: string[]
  pattern: string
  description: string
}

/** `products.$.sku`; a dot in a name is `\.`, as in tables. */
export const pathText = (path: string[]) => path.map((name) => name.replaceAll('.', '\\.')).join('.')

/** The names of `products.$.sku`. */
export const pathOf = (text: string) =>
  text
    .trim()
    .split(/(?<!\\)\./)
    .map((name) => name.replaceAll('\\.', '.'))

function typesOf({ type, format }: Schema): string[] {
  const all = (Array.isArray(type) ? type : type === undefined ? [] : [type]).map(String)
  return all.map((each) => (each === 'string' && format === 'date-time' ? 'date time' : each))
}

const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function walk(node: Schema, path: string[], into: Property[]) {
  const required = Array.isArray(node.required) ? node.required : []
  const each = (name: string, inside: unknown, isRequired: boolean) => {
    if (!isObject(inside)) return
    const here = [...path, name]
    into.push({
      path: here,
      types: typesOf(inside),
      required: isRequired,
      values: Array.isArray(inside.enum) ? inside.enum.map(written) : [],
      pattern: typeof inside.pattern === 'string' ? inside.pattern : '',
      description: typeof inside.description === 'string' ? inside.description : '',
    })
    walk(inside, here, into)
  }
  if (isObject(node.properties))
    for (const [name, inside] of Object.entries(node.properties)) each(name, inside, required.includes(name))
  if (isObject(node.items)) each('$', node.items, false)
}

/** Every property that a rule names, nested ones behind what holds them. */
export function propertiesOf(type: string, schema: Schema): Property[] {
  const place = placeOf(type)
  const members = isObject(schema.properties) ? schema.properties : {}
  const root = place === null ? schema : members[place]
  const found: Property[] = []
  if (isObject(root)) walk(root, [], found)
  return found
}

/** "string or null" */
export const typesInWords = (types: string[]) => (types.length === 0 ? 'any' : types.join(' or '))

/** The node that holds the last name of `path`; what is missing on the way is made. */
function holder(type: string, schema: Schema, path: string[]): Schema {
  const into = (node: Schema, name: string): Schema => {
    if (name === '$') {
      if (!isObject(node.items)) node.items = {}
      return node.items as Schema
    }
    if (!isObject(node.properties)) node.properties = {}
    const members = node.properties as Schema
    if (!isObject(members[name])) members[name] = {}
    return members[name] as Schema
  }
  const place = placeOf(type)
  let node = schema
  if (place !== null) {
    node.type ??= 'object'
    node = into(node, place)
  }
  for (const name of path.slice(0, -1)) {
    node.type ??= name === '$' ? 'array' : 'object'
    node = into(node, name)
  }
  node.type ??= path.at(-1) === '$' ? 'array' : 'object'
  return node
}

function require(node: Schema, name: string, required: boolean) {
  const all = (Array.isArray(node.required) ? node.required : []).filter((each) => each !== name)
  if (required) all.push(name)
  if (all.length > 0) node.required = all
  else delete node.required
}

/** A value as it is written: of a number or a yes and no what it means, when the property is one. */
function meant(text: string, types: string[]): unknown {
  if (text === 'null' && types.includes('null')) return null
  if (types.includes('number') || types.includes('integer')) {
    const number = Number(text)
    if (text.trim() !== '' && Number.isFinite(number)) return number
  }
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** The schema with this property, in place of the one at its path; keywords without a field of a form stay. */
export function withProperty(type: string, schema: Schema, property: Property): Schema {
  const next = structuredClone(schema)
  const { path, types, required, values, pattern, description } = property
  const parent = holder(type, next, path)
  const name = path.at(-1) ?? ''
  const before = name === '$' ? parent.items : isObject(parent.properties) ? parent.properties[name] : {}
  const node: Schema = isObject(before) ? { ...before } : {}
  const set = (keyword: string, value: unknown, there: boolean) => {
    if (there) node[keyword] = value
    else delete node[keyword]
  }
  const plain = types.map((each) => (each === 'date time' ? 'string' : each))
  set('type', plain.length === 1 ? plain[0] : plain, plain.length > 0)
  if (types.includes('date time')) node.format = 'date-time'
  else if (node.format === 'date-time') delete node.format
  set(
    'enum',
    values.map((value) => meant(value, types)),
    values.length > 0,
  )
  set('pattern', pattern, pattern !== '')
  set('description', description, description !== '')
  if (name === '$') parent.items = node
  else {
    parent.properties = { ...(isObject(parent.properties) ? parent.properties : {}), [name]: node }
    require(parent, name, required)
  }
  return next
}

/** The schema without the property at `path`. */
export function withoutProperty(type: string, schema: Schema, path: string[]): Schema {
  const next = structuredClone(schema)
  const parent = holder(type, next, path)
  const name = path.at(-1) ?? ''
  if (name === '$') delete parent.items
  else {
    if (isObject(parent.properties)) delete parent.properties[name]
    require(parent, name, false)
  }
  return next
}

/** The schema of a rule that asks for nothing yet. */
export function emptySchema(type: string): Schema {
  const place = placeOf(type)
  const $schema = 'http://json-schema.org/draft-07/schema#'
  return place === null
    ? { $schema, type: 'object', properties: {} }
    : { $schema, type: 'object', properties: { [place]: { type: 'object', properties: {} } } }
}

/** Reads a schema that was typed; what is wrong with it, in words, otherwise. */
export function readSchema(text: string): { schema: Schema } | { problem: string } {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { schema: value } : { problem: 'A JSON Schema is an object, in braces.' }
  } catch (error) {
    return { problem: `This is no JSON: ${error instanceof Error ? error.message : error}` }
  }
}
