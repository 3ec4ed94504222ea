// The schema configuration of a source as a table of choices, and each choice in words. Pure.

/** The kinds of calls that can be held back. */
export const CALLS = ['track', 'identify', 'group'] as const
export type Call = (typeof CALLS)[number]

/** The settings of one kind of call, as the API has them. */
export type Controls = Record<string, boolean | string | null | undefined>

/** One control: a row's cell, its choices as values of the form, and how the API says them. */
export interface Control {
  key: 'unplanned' | 'properties' | 'violations' | 'common' | 'onBlock'
  head: string
  choices: (call: Call) => { value: string; label: string }[]
  read: (call: Call, controls: Controls) => string
  write: (call: Call, value: string) => Controls
}

const part = (call: Call) => (call === 'track' ? 'Properties' : 'Traits')
const unplanned = (call: Call) =>
  call === 'track' ? 'allowUnplannedEventProperties' : 'allowUnplannedTraits'
const onViolations = (call: Call) =>
  call === 'track' ? 'allowPropertiesOnViolations' : 'allowTraitsOnViolations'
const omitCommon = (call: Call) => (call === 'track' ? 'OMIT_PROPERTIES' : 'OMIT_TRAITS')
const choice = (value: string, label: string) => ({ value, label })

export const CONTROLS: Control[] = [
  {
    key: 'unplanned',
    head: 'unplanned events',
    choices: (call) =>
      call === 'track'
        ? [choice('allow', 'Allow'), choice('block', 'Block Event')]
        : [choice('allow', 'Allow')],
    read: (call, { allowUnplannedEvents }) =>
      call === 'track' && allowUnplannedEvents === false ? 'block' : 'allow',
    write: (call, value) => (call === 'track' ? { allowUnplannedEvents: value === 'allow' } : {}),
  },
  {
    key: 'properties',
    head: 'unplanned properties / traits',
    choices: (call) => [choice('allow', 'Allow'), choice('omit', `Omit ${part(call)}`)],
    read: (call, controls) => (controls[unplanned(call)] === false ? 'omit' : 'allow'),
    write: (call, value) => ({ [unplanned(call)]: value === 'allow' }),
  },
  {
    key: 'violations',
    head: 'JSON schema violations',
    choices: (call) => [
      choice('allow', 'Allow'),
      choice('block', 'Block Event'),
      choice('omit', `Omit ${part(call)}`),
    ],
    read: (call, controls) =>
      controls.allowEventOnViolations === false
        ? 'block'
        : controls[onViolations(call)] === false
          ? 'omit'
          : 'allow',
    write: (call, value) => ({
      allowEventOnViolations: value !== 'block',
      [onViolations(call)]: value !== 'omit',
    }),
  },
  {
    key: 'common',
    head: 'common JSON schema violations',
    choices: (call) => [
      choice('ALLOW', 'Allow'),
      choice('BLOCK', 'Block Event'),
      choice(omitCommon(call), `Omit ${part(call)}`),
    ],
    read: (_, { commonEventOnViolations }) => String(commonEventOnViolations ?? 'ALLOW'),
    write: (_, value) => ({ commonEventOnViolations: value }),
  },
  {
    key: 'onBlock',
    head: 'what is blocked',
    choices: () => [choice('DISCARD', 'Discard'), choice('QUARANTINE', 'Quarantine')],
    read: (_, { onBlock }) => String(onBlock ?? 'DISCARD'),
    write: (_, value) => ({ onBlock: value }),
  },
]

/** What becomes of a kind of call, in sentences: only what is not simply let through. */
export function consequencesOf(call: Call, controls: Controls): string[] {
  const of = (key: Control['key']) => CONTROLS.find((each) => each.key === key)!.read(call, controls)
  const parts = part(call).toLowerCase()
  const kept = of('onBlock') === 'QUARANTINE'
  const stop = kept
    ? 'wait in quarantine, from which you can release them'
    : 'are discarded: they reach no destination, and cannot be brought back'
  const said: string[] = []
  if (of('unplanned') === 'block') said.push(`Events that the plan does not know ${stop}.`)
  if (of('violations') === 'block') said.push(`Those that break their rule ${stop}.`)
  if (of('common') === 'BLOCK') said.push(`Those that break the common schema ${stop}.`)
  if (of('properties') === 'omit')
    said.push(`${part(call)} that no rule names are taken out; the rest goes on.`)
  if (of('violations') === 'omit')
    said.push(`${part(call)} that break the rule are taken out; the rest goes on.`)
  if (of('common') === omitCommon(call))
    said.push(`What breaks the common schema is taken out of the ${parts}; the rest goes on.`)
  return said
}
