import type { Shapes } from '../../../../api/client'

export type Filter = Shapes['DestinationFilterView']
export type Action = Shapes['FilterAction']
export type ActionType = Action['type']

/** What becomes of the messages that a condition is about, as people choose it. */
export type Doing = 'drop' | 'only' | 'change'

/** A field of an action as it is typed: the object that it is in, its name, and a new name or a value. */
export interface Row {
  within: string
  name: string
  value: string
}

/** An action as it is typed. */
export interface Step {
  type: ActionType
  rows: Row[]
  /** Percent that are sent. */
  percent: string
  path: string
  algorithm: 'HMAC_SHA256' | 'SHA256'
  newEventName: string
}

/** A filter as it is typed. */
export interface Draft {
  title: string
  description: string
  condition: string
  doing: Doing
  steps: Step[]
}

/** What changes messages, by what people call it, in the order in which it is done. */
export const CHANGES: [ActionType, string][] = [
  ['SAMPLE', 'Send a share of them'],
  ['DROP_PROPERTIES', 'Take fields out'],
  ['ALLOW_PROPERTIES', 'Take every other field out'],
  ['HASH_PROPERTIES', 'Hash fields'],
  ['RENAME_EVENT', 'Rename the event'],
  ['RENAME_PROPERTIES', 'Rename fields'],
  ['SET_VALUES', 'Set values'],
]

/** A step of a type with nothing in it yet. */
export const blankStep = (type: ActionType): Step => ({
  type,
  rows: takesFields(type) ? [{ within: 'properties', name: '', value: '' }] : [],
  percent: type === 'SAMPLE' ? '10' : '',
  path: '',
  algorithm: 'HMAC_SHA256',
  newEventName: '',
})

/** Whether an action is about fields. */
export const takesFields = (type: ActionType) => !['SAMPLE', 'DROP', 'RENAME_EVENT'].includes(type)

/** What stands before a condition that is turned round. */
export const OPENS = '!( '

/** The condition inside of `!( … )`; nothing where that is not all of it. */
export function complementOf(condition: string): string | undefined {
  const text = condition.trim()
  const begin = /^!\s*\(/.exec(text)?.[0].length
  if (!begin) return undefined
  let depth = 1
  let quote = ''
  for (let at = begin; at < text.length; at += 1) {
    const sign = text[at]!
    if (sign === '\\') at += 1
    else if (quote) quote = sign === quote ? '' : quote
    else if (sign === '"' || sign === "'") quote = sign
    else if (sign === '(') depth += 1
    else if (sign === ')') {
      depth -= 1
      if (depth === 0) return at === text.length - 1 ? text.slice(begin, at).trim() : undefined
    }
  }
  return undefined
}

/** What the editor begins with. */
export function draftOf(filter?: Filter): Draft {
  if (!filter) return { title: '', description: '', condition: '', doing: 'drop', steps: [] }
  const { title, description, actions } = filter
  const drops = actions.length === 1 && actions[0]!.type === 'DROP'
  const inner = drops ? complementOf(filter.if) : undefined
  return {
    title,
    description: description ?? '',
    condition: inner ?? filter.if,
    doing: inner !== undefined ? 'only' : drops ? 'drop' : 'change',
    steps: drops ? [] : actions.map(stepOf),
  }
}

function stepOf({ type, fields, percent, path, algorithm, newEventName }: Action): Step {
  const rows = Object.entries((fields ?? {}) as Record<string, unknown>).flatMap(([within, names]): Row[] =>
    Array.isArray(names)
      ? names.map((name) => ({ within, name: String(name), value: '' }))
      : Object.entries(names as object).map(([name, value]) => ({
          within,
          name,
          value: type === 'RENAME_PROPERTIES' ? String(value) : JSON.stringify(value),
        })),
  )
  return {
    ...blankStep(type),
    rows,
    percent: typeof percent === 'number' ? String(Number((percent * 100).toPrecision(12))) : '',
    path: path ?? '',
    algorithm: algorithm ?? 'HMAC_SHA256',
    newEventName: newEventName ?? '',
  }
}

/** What to send of a draft: the condition and the actions. */
export function saidBy({ condition, doing, steps }: Draft): { if: string; actions: Action[] } {
  if (doing === 'change') return { if: condition, actions: steps.map(actionOf) }
  return {
    if: doing === 'only' ? `${OPENS}${condition} )` : condition,
    actions: [{ type: 'DROP' }],
  }
}

function actionOf(step: Step): Action {
  const { type, rows, percent, path, algorithm, newEventName } = step
  switch (type) {
    case 'SAMPLE':
      return {
        type,
        // What is no number is for the server to refuse.
        percent: percent.trim() === '' ? undefined : Number(percent) / 100,
        path: path.trim() || undefined,
      }
    case 'DROP':
      return { type }
    case 'RENAME_EVENT':
      return { type, newEventName }
    default: {
      const fields: Record<string, unknown> = {}
      for (const { within, name, value } of rows) {
        if (name.trim() === '') continue
        const at = within.trim()
        if (type === 'RENAME_PROPERTIES' || type === 'SET_VALUES') {
          fields[at] = {
            ...(fields[at] as object | undefined),
            [name.trim()]: type === 'SET_VALUES' ? jsonOr(value) : value.trim(),
          }
        } else {
          fields[at] = [...((fields[at] as string[] | undefined) ?? []), name.trim()]
        }
      }
      return {
        type,
        fields: fields as Action['fields'],
        algorithm: type === 'HASH_PROPERTIES' ? algorithm : undefined,
      }
    }
  }
}

/** What is typed as a value: JSON where it is some, else the text itself. */
export function jsonOr(typed: string): unknown {
  try {
    return JSON.parse(typed)
  } catch {
    return typed
  }
}

/** What a filter does, in a few words. */
export function doesInWords(filter: Pick<Filter, 'if' | 'actions'>): string {
  return filter.actions
    .map((action) => {
      const { rows, percent, newEventName } = stepOf(action)
      const names = rows.map(({ within, name }) => (within ? `${within}.${name}` : name)).join(', ')
      switch (action.type) {
        case 'DROP':
          return filter.actions.length === 1 && complementOf(filter.if) !== undefined
            ? 'sends only those within !( … )'
            : 'does not send them'
        case 'SAMPLE':
          return `sends ${percent} % of them`
        case 'DROP_PROPERTIES':
          return `takes out ${names}`
        case 'ALLOW_PROPERTIES':
          return `leaves only ${names}`
        case 'HASH_PROPERTIES':
          return `hashes ${names}`
        case 'RENAME_EVENT':
          return `calls the event ${newEventName}`
        case 'RENAME_PROPERTIES':
          return `renames ${names}`
        case 'SET_VALUES':
          return `sets ${names}`
        default:
          return action.type
      }
    })
    .join('; ')
}
