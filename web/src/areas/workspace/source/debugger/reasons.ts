// What is wrong with a message that was not accepted, and how to mend it.
import { at, edited, type Json, parse, textAt } from './json'
import { asSent } from './snippets'

/** A reason in words. */
export interface Reason {
  expected: string
  fix: string
  /** A value that would be right at the fault's place, as JSON. */
  sample?: string
}

const PLANNED = 'a message that the tracking plan allows'
const SENDER = 'Mend the sender, or the rule of the tracking plan, and send it again.'
const RELEASE = 'Mend the tracking plan, then release the quarantine of the source; or mend the sender.'
/** What a tracking plan holds back, and what an operator of the source does. */
const HELD: Record<string, Reason> = {
  schema_violation: { expected: PLANNED, fix: SENDER },
  common_schema_violation: { expected: PLANNED, fix: SENDER },
  unplanned: {
    expected: 'an event that the tracking plan knows',
    fix: 'Add the event to the tracking plan, or stop sending it.',
  },
  unplanned_and_schema_violation: {
    expected: 'an event that the tracking plan knows',
    fix: 'Add the event to the tracking plan, and mend what breaks the rules for all messages.',
  },
  event_setting: {
    expected: 'an event that is not blocked',
    fix: 'Let the event through on the Schema page of the source.',
  },
}
for (const code of [
  'schema_violation',
  'common_schema_violation',
  'unplanned',
  'unplanned_and_schema_violation',
])
  HELD[`quarantined_${code}`] = { expected: HELD[code]!.expected, fix: RELEASE }

const ID = 'text that is not empty, or a number'
const REASONS: Record<string, Reason> = {
  ...HELD,
  no_user_anon_id: {
    expected: 'a userId or an anonymousId, text that is not empty',
    fix: 'Say who did it: send a userId for people you know, an anonymousId for visitors.',
  },
  id_not_string: { expected: ID, fix: 'Send the id as text.', sample: '"019mr8mf4r"' },
  id_required: {
    expected: ID,
    fix: 'Add the id: this call is about two things, and names only one.',
    sample: '"8e9df332ac"',
  },
  event_not_defined: {
    expected: "the event's name, text that is not empty",
    fix: 'Give the event a name that says what happened, such as Order Completed.',
    sample: '"Order Completed"',
  },
  event_not_string: {
    expected: "the event's name, text that is not empty",
    fix: 'Send the name of the event as text, in quotes.',
    sample: '"Order Completed"',
  },
  name_not_string: { expected: 'text', fix: 'Send the name as text.', sample: '"Home"' },
  category_not_string: { expected: 'text', fix: 'Send the category as text.', sample: '"Shop"' },
  properties_not_object: {
    expected: 'an object',
    fix: 'Put the properties into an object, one member for each.',
    sample: '{"price":18.99}',
  },
  traits_not_object: {
    expected: 'an object',
    fix: 'Put the traits into an object, one member for each.',
    sample: '{"plan":"pro"}',
  },
  device_advertisingid_should_be_string: {
    expected: 'text',
    fix: 'Send the advertising id as text.',
    sample: '"7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"',
  },
  consent_categorypreferences_should_exist: {
    expected: 'an object of category ids to true or false',
    fix: 'Say for each consent category whether it was given, or leave context.consent out.',
    sample: '{"Advertising":true,"Analytics":false}',
  },
  consent_categorypreferences_fields_should_be_object: {
    expected: 'an object of category ids to true or false',
    fix: 'Put the choices into an object, one member for each category.',
    sample: '{"Advertising":true,"Analytics":false}',
  },
  consent_categorypreferences_fields_should_be_bool: {
    expected: 'true or false',
    fix: 'Send each choice as true or false, without quotes.',
    sample: 'true',
  },
  consent_version_should_be_number: {
    expected: 'a number',
    fix: 'Send the version as a number.',
    sample: '2',
  },
  context_not_object: {
    expected: 'an object',
    fix: 'Send context as an object, or leave it out.',
    sample: '{"locale":"en-GB"}',
  },
  integrations_not_object: {
    expected: 'an object of names of destinations to true, false or options',
    fix: 'Send integrations as an object, or leave it out.',
    sample: '{"All":true}',
  },
  bad_request: {
    expected: 'one message: an object of at most 32,768 bytes with a type',
    fix: 'Correct what is named above and send it again.',
  },
  empty_batch: {
    expected: 'an array of messages in batch',
    fix: 'Send at least one message, and do not flush when there is nothing to send.',
  },
  source_disabled: {
    expected: 'a source that is enabled',
    fix: 'Enable the source in its settings; messages that came meanwhile are not delivered later.',
  },
  duplicate: {
    expected: 'a messageId that was not used before',
    fix: 'Nothing, if this was a retry: the first one counts. Otherwise give every message an id of its own, or leave messageId out.',
  },
  invalid_request: {
    expected: 'a JSON body of at most 500 kB with a write key',
    fix: 'Check how the body is made: it must be JSON, in UTF-8, and its compression the one that Content-Encoding says.',
  },
  invalid_events: {
    expected: 'at least one message, every one without fault',
    fix: 'The sender asked to have all of them taken or none. Correct the messages that the answer names.',
  },
  unknown_source: {
    expected: 'the write key of a source that exists',
    fix: 'Take the write key from the settings of the source.',
  },
  too_many_requests: {
    expected: 'fewer requests a second',
    fix: 'Send several messages in one batch, and wait as Retry-After says.',
  },
  unavailable: { expected: 'a server with room', fix: 'Send it again; the libraries do so by themselves.' },
  request_timeout: {
    expected: 'a request that comes in one go',
    fix: 'Send smaller batches, or look at the connection.',
  },
  unreadable: {
    expected: 'a record that this release knows',
    fix: 'It was written by a later release; run that one to read it.',
  },
}

/** What is known of a code; of an unknown one that what it says has to be corrected. */
export function reasonOf(code: string | null | undefined): Reason {
  return (
    (code && REASONS[code]) || {
      expected: 'what the message above says',
      fix: 'Correct what is named above and send it again.',
    }
  )
}

const PLAIN: Record<string, string> = {
  id_required: '{"type":"group","userId":"019mr8mf4r","groupId":"8e9df332ac"}',
}

/** The sender's message with the fault mended; `null` where that cannot be told. */
export function corrected(
  code: string | null | undefined,
  pointer: string | undefined,
  message: Json | null,
) {
  if (!code) return null
  if (!message) return parse(PLAIN[code] ?? '') ?? null
  const call = asSent(message)
  if (call.root.kind !== 'object') return null
  if (code === 'no_user_anon_id') return parse(edited(call, new Set(), { userId: '"019mr8mf4r"' }))
  const sample = code === 'bad_request' ? typeSample(pointer) : REASONS[code]?.sample
  if (!sample || !pointer) return null
  return mend(call, pointer, sample)
}

const typeSample = (pointer: string | undefined) => (pointer === '/type' ? '"track"' : undefined)

/** The text with another value at a pointer; what stands around it is not touched. */
export function mend(json: Json, pointer: string, value: string): Json | null {
  const node = at(json, pointer)
  if (node) return parse(json.text.slice(0, node.start) + value + json.text.slice(node.end))
  const cut = pointer.lastIndexOf('/')
  const parent = at(json, pointer.slice(0, cut))
  if (parent?.kind !== 'object') return null
  const name = pointer
    .slice(cut + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
  const filled = edited({ text: json.text, root: parent }, new Set(), { [name]: value })
  return parse(json.text.slice(0, parent.start) + filled + json.text.slice(parent.end))
}

/** A violation of a tracking plan, as the message itself carries it. */
export interface Violation {
  type: string
  field: string
  description: string
}

/** Violations that a message carries in `context.protocols.violations` (or `context.violations`). */
export function violationsOf(message: Json | null): Violation[] {
  if (!message) return []
  const list = at(message, '/context/protocols/violations') ?? at(message, '/context/violations')
  if (list?.kind !== 'array') return []
  return list.items.map((root) => {
    const one = { text: message.text, root }
    return {
      type: textAt(one, 'type') ?? '',
      field: textAt(one, 'field') ?? '',
      description: textAt(one, 'description') ?? '',
    }
  })
}
