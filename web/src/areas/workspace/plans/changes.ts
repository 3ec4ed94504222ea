import type { Shapes } from '../../../api/client'

/** One difference between two versions of a plan. */
export type Change = Shapes['ChangeView']

const WORDS: Record<string, string> = {
  rule_added: 'New rule',
  rule_removed: 'Rule removed',
  property_added: 'New property',
  property_removed: 'Property removed',
  required_added: 'Required from now on',
  required_removed: 'No longer required',
  type_narrowed: 'Fewer types',
  type_widened: 'More types',
  values_removed: 'Fewer permitted values',
  values_added: 'More permitted values',
  limit_tightened: 'Tighter limit',
  limit_loosened: 'Looser limit',
  schema_changed: 'Schema changed',
  description_changed: 'Description changed',
  setting_tightened: 'Stricter setting',
  setting_loosened: 'More lenient setting',
}

/** What a change does, in words. */
export const inWords = ({ kind }: Change) => WORDS[String(kind)] ?? String(kind)

/** `TRACK "Order Completed" version 1` as people say it: the version only where it is not the first. */
export function ruleInWords(rule: string | null | undefined): string {
  if (!rule) return 'Schema configuration'
  const found = /^([A-Z]+)(?: "(.*)")?(?: version (\d+))?$/.exec(rule)
  if (!found) return rule
  const [, type = '', key, version] = found
  const name =
    key ?? { COMMON: 'Every message' }[type] ?? `${type.charAt(0)}${type.slice(1).toLowerCase()} calls`
  return version && version !== '1' ? `${name}, version ${version}` : name
}

/** What stood there before, or stands there now, in few words. */
export function brief(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value)
        ? value.map(brief).join(', ')
        : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

/** Those that break what conformed first; otherwise in the order in which they came. */
export const worstFirst = (changes: Change[]) => [
  ...changes.filter(({ breaking }) => breaking),
  ...changes.filter(({ breaking }) => !breaking),
]
