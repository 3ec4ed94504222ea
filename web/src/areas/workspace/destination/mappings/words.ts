import type { Fault, Shapes } from '../../../../api/client'

export type Mapping = Shapes['DestinationSubscriptionView']
export type Action = Shapes['DestinationAction']
export type ActionField = Shapes['ActionField']

/** How a field is written: nothing, text with values in it, one value of the message, or any JSON. */
export type Way = 'none' | 'text' | 'path' | 'json'

/** A field as it is typed. */
export interface Row {
  way: Way
  typed: string
}

/** A mapping as it is typed. */
export interface Draft {
  name: string
  /** Slug of the action. */
  action: string
  trigger: string
  /** By the key of the field. */
  rows: Record<string, Row>
}

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The one directive that an object is, with what it says. */
function directiveOf(value: unknown): [string, unknown] | undefined {
  const entries = isObject(value) ? Object.entries(value) : []
  return entries.length === 1 && entries[0]![0].startsWith('@') ? entries[0] : undefined
}

const JSON_INDENT = 2

/** A value or directive as people type it. */
export function rowOf(value: unknown): Row {
  if (value === undefined) return { way: 'none', typed: '' }
  const [directive, said] = directiveOf(value) ?? []
  if (directive === '@path' && typeof said === 'string' && said.startsWith('$.')) {
    return { way: 'path', typed: said.slice(2) }
  }
  // Text that is a template only when it has braces: without them it is sent as it stands.
  if (directive === '@template' && typeof said === 'string' && said.includes('{{')) {
    return { way: 'text', typed: said }
  }
  if (typeof value === 'string' && !value.includes('{{')) return { way: 'text', typed: value }
  return { way: 'json', typed: JSON.stringify(value, null, JSON_INDENT) }
}

/** The value or directive that was typed, or what is wrong with it. Nothing where there is none. */
export function madeOf({ way, typed }: Row): { value: unknown } | { problem: string } | undefined {
  switch (way) {
    case 'none':
      return undefined
    case 'text':
      return { value: typed.includes('{{') ? { '@template': typed } : typed }
    case 'path':
      return { value: { '@path': `$.${typed.trim().replace(/^\$\.?/, '')}` } }
    case 'json':
      try {
        return { value: JSON.parse(typed) as unknown }
      } catch (error) {
        return {
          problem: `this is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`,
        }
      }
  }
}

/** The fields of an action in the order of its form. */
export const fieldsOf = (action: Action | undefined): ActionField[] =>
  [...(action?.fields ?? [])].sort((one, other) => one.sortOrder - other.sortOrder)

const rowsOf = (action: Action | undefined, settings: Json) =>
  Object.fromEntries(
    fieldsOf(action).map(({ fieldKey, required, type }) => {
      const row = rowOf(settings[fieldKey])
      // What must be given is asked for in the way that fits it.
      return [
        fieldKey,
        row.way === 'none' && required ? { way: type === 'STRING' ? 'text' : 'path', typed: '' } : row,
      ] as [string, Row]
    }),
  )

/** What the editor begins with for an action: what its catalog entry proposes. */
export function blankFor(action: Action | undefined): Pick<Draft, 'action' | 'trigger' | 'rows'> {
  const settings = Object.fromEntries(
    fieldsOf(action).flatMap(({ fieldKey, defaultValue }) =>
      defaultValue === undefined || defaultValue === null ? [] : [[fieldKey, defaultValue as unknown]],
    ),
  )
  return {
    action: action?.slug ?? '',
    trigger: action?.defaultTrigger ?? 'all',
    rows: rowsOf(action, settings),
  }
}

/** A mapping as it is typed; without one, the beginning of a new one. */
export function draftOf(actions: Action[], mapping?: Mapping): Draft {
  if (!mapping) return { name: '', ...blankFor(actions[0]) }
  const action = actions.find(({ slug }) => slug === mapping.actionSlug)
  const { name, trigger, settings } = mapping
  return { name, action: mapping.actionSlug, trigger, rows: rowsOf(action, settings as Json) }
}

/** What to send of a draft. Faults are at the same pointers as the API's own. */
export function saidBy({ rows }: Draft): { settings: Record<string, never>; faults: Fault[] } {
  const settings: Json = {}
  const faults: Fault[] = []
  for (const [key, row] of Object.entries(rows)) {
    const made = madeOf(row)
    if (!made) continue
    if ('value' in made) settings[key] = made.value
    else {
      faults.push({
        type: 'input-validation',
        code: 'invalid_json',
        message: made.problem,
        pointer: `/settings/${key}`,
      })
    }
  }
  return { settings: settings as Record<string, never>, faults }
}

/** What an action gets, in a few words. */
export function makesInWords(fields: ActionField[], settings: Json): string {
  const parts = fields.flatMap(({ fieldKey, label }) => {
    const { way, typed } = rowOf(settings[fieldKey])
    if (way === 'none') return []
    if (way === 'json') return [`${label}: JSON`]
    return [`${label}: ${way === 'path' ? typed || 'the whole message' : typed}`]
  })
  return parts.join('; ')
}
