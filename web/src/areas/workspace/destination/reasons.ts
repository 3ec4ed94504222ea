/** Why messages were stopped, and what to do, in words. */
export interface Words {
  what: string
  remedy: string
}

const INGEST: Record<string, Words> = {
  event_not_string: {
    what: 'The event’s name was not text.',
    remedy: 'Send `event` as text, such as "Order Completed".',
  },
  event_not_defined: {
    what: 'A track call came without an event name.',
    remedy: 'Give `event` in every track call.',
  },
  name_not_string: {
    what: 'The name of a page or screen was not text.',
    remedy: 'Send `name` as text that is not empty, or leave it out.',
  },
  category_not_string: {
    what: 'A page’s category was not text.',
    remedy: 'Send `category` as text, or leave it out.',
  },
  no_user_anon_id: {
    what: 'The message says of nobody.',
    remedy: 'Send a `userId` or an `anonymousId` with every call.',
  },
  id_required: {
    what: 'An identifier that this call needs is missing.',
    remedy: 'Send the `groupId` or `previousId` of the call.',
  },
  id_not_string: { what: 'An identifier was neither text nor a number.', remedy: 'Send ids as text.' },
  properties_not_object: {
    what: '`properties` was not an object.',
    remedy: 'Send `properties` as a JSON object.',
  },
  traits_not_object: { what: '`traits` was not an object.', remedy: 'Send `traits` as a JSON object.' },
  context_not_object: { what: '`context` was not an object.', remedy: 'Send `context` as a JSON object.' },
  integrations_not_object: {
    what: '`integrations` was not an object.',
    remedy: 'Send `integrations` as a JSON object, or leave it out.',
  },
  empty_batch: { what: 'A batch came without messages.', remedy: 'Send batches of at least one message.' },
  bad_request: {
    what: 'The message could not be read.',
    remedy: 'Look at it in the Debugger: it says where it went wrong.',
  },
  source_disabled: { what: 'The source was switched off.', remedy: 'Enable the source to take data again.' },
  invalid_events: {
    what: 'A request held nothing that could be used, and was asked to be strict.',
    remedy: 'Look at the answer of the request: it names each fault.',
  },
  invalid_messages: {
    what: 'A request held nothing that could be used, and was asked to be strict.',
    remedy: 'Look at the answer of the request: it names each fault.',
  },
  malformed: { what: 'The body was not JSON.', remedy: 'Send valid JSON.' },
  too_large: {
    what: 'The request or a message was larger than may be.',
    remedy: 'Send smaller messages, or smaller batches.',
  },
  rate_limited: {
    what: 'More requests came than this source may send.',
    remedy: 'Send batches, and again after the time that the answer says.',
  },
}

const DESTINATION: Record<string, Words> = {
  FILTERED_BY_INTEGRATIONS_OBJECT: {
    what: 'The message’s `integrations` object switches this destination off.',
    remedy: 'Set it to true there, or leave it out, if these are to be delivered.',
  },
  FILTERED_BY_RULES: {
    what: 'A filter of this destination stops the message.',
    remedy: 'Change the filter that the sample names, if these are to be delivered.',
  },
  FILTER_FAILED: {
    what: 'A filter of this destination could not decide about the message, so it was not sent.',
    remedy: 'Look at the sample: it says which filter and why. Preview a change before you save it.',
  },
  FILTERED_BY_EVENT_SETTING: {
    what: 'The source’s schema switches this destination off for the event.',
    remedy: 'Switch it on again in the schema of the source, if these are to be delivered.',
  },
  NO_MATCHING_MAPPING: {
    what: 'No mapping of this destination is for the message.',
    remedy: 'Make a mapping for it, or widen the trigger of one, if these are to be delivered.',
  },
  FILTERED_AT_MAPPING: {
    what: 'A mapping of this destination could make nothing of the message, so it was not sent.',
    remedy: 'Look at the sample: it says what is missing. Preview the mapping before you save a change.',
  },
  UNSUPPORTED_EVENT_TYPE: {
    what: 'The destination does not take this call.',
    remedy: 'Nothing, unless you expect it to.',
  },
}

const AGAIN = 'Nothing if it passes: what failed is tried again by itself.'
const FOLDER = 'Mend it on the server; what failed is tried again, and dead letters can be redelivered.'

const DELIVERY: Record<string, Words> = {
  INVALID_SETTINGS: {
    what: 'The receiver does not accept the settings.',
    remedy: 'Correct them in Settings; what waits goes out then.',
  },
  MESSAGE_REJECTED: {
    what: 'The receiver took the request and rejected the message.',
    remedy: 'The Debugger has its answer, under Delivery of the message.',
  },
  BAD_REQUEST: {
    what: 'The receiver says that the request is not what it takes.',
    remedy: 'The Debugger has its answer. Change what is sent, or the settings.',
  },
  TLS: {
    what: 'The receiver’s certificate is not valid for its name, or nobody here trusts it.',
    remedy: 'Renew the certificate, or ask whoever runs this server to trust its authority.',
  },
  LOOP: {
    what: 'The message has been through this endpoint already.',
    remedy: 'Take one of the forwarding destinations out of the circle.',
  },
  UNREADABLE: {
    what: 'The message cannot be brought into the form that the endpoint takes.',
    remedy: 'Send messages as the Spec has them.',
  },
  MESSAGE_TOO_LARGE: {
    what: 'The message is larger than the destination takes.',
    remedy: 'Send less in one message, or raise the limit there.',
  },
  BATCH_TOO_LARGE: {
    what: 'The messages together are larger than the destination takes at once.',
    remedy:
      'Nothing: they are sent again in smaller batches. If it stays so, lower the batch size in Settings.',
  },
  RECORD_LIST_TOO_LARGE: {
    what: 'The messages together are larger than the topic takes at once.',
    remedy:
      'Nothing: they are sent again in smaller batches. If it stays so, raise `max.message.bytes` of the topic.',
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    what: 'The cluster has no topic of this name.',
    remedy: 'Create the topic, or correct its name in Settings.',
  },
  INVALID_TOPIC_EXCEPTION: {
    what: 'The cluster does not take a topic of this name.',
    remedy: 'Correct the name of the topic in Settings.',
  },
  TOPIC_AUTHORIZATION_FAILED: {
    what: 'The user may not write to this topic.',
    remedy: 'Grant WRITE and DESCRIBE on the topic to the user.',
  },
  SASL_AUTHENTICATION_FAILED: {
    what: 'The broker does not accept user name and password.',
    remedy: 'Correct them in Settings.',
  },
  UNSUPPORTED_SASL_MECHANISM: {
    what: 'The broker does not offer this way to log in.',
    remedy: 'Choose another one in Settings.',
  },
  BROKER_NOT_AVAILABLE: { what: 'A broker of the topic cannot be reached.', remedy: AGAIN },
  LEADER_NOT_AVAILABLE: { what: 'A partition of the topic has no leader just now.', remedy: AGAIN },
  NOT_ENOUGH_REPLICAS: { what: 'Fewer replicas are in step than the topic demands.', remedy: AGAIN },
  ENOSPC: { what: 'The server’s disk has no room left.', remedy: FOLDER },
  EDQUOT: { what: 'The server’s user may not write more.', remedy: FOLDER },
  EACCES: { what: 'The server’s user may not write there.', remedy: FOLDER },
  EROFS: { what: 'The folder is on a disk that cannot be written.', remedy: FOLDER },
  ENOENT: { what: 'The folder is not there.', remedy: FOLDER },
  ENOTDIR: { what: 'A part of the path is not a folder.', remedy: FOLDER },
  EIO: { what: 'Reading or writing failed.', remedy: FOLDER },
  '504': { what: 'Something in front of the receiver waited too long for it.', remedy: AGAIN },
  exhausted: {
    what: 'Every retry was used up.',
    remedy: 'Mend the receiver, then redeliver the dead letters below.',
  },
  expired: {
    what: 'The message waited longer than messages are kept.',
    remedy: 'Mend the receiver sooner, or keep messages for longer.',
  },
  too_large: { what: 'The message is larger than the destination takes.', remedy: 'Send smaller messages.' },
  ETIMEDOUT: {
    what: 'No answer came in time.',
    remedy: 'Make the receiver answer sooner, or raise the time limit in Settings.',
  },
  ECONNREFUSED: {
    what: 'Nobody listens at the address.',
    remedy: 'Check the URL, and that the receiver runs.',
  },
  ECONNRESET: { what: 'The receiver broke the connection off.', remedy: 'Look at the receiver’s own log.' },
  ENOTFOUND: { what: 'The host’s name leads nowhere.', remedy: 'Check the URL in Settings.' },
  EPROTO: { what: 'The answer was no HTTP.', remedy: 'Check the URL’s scheme and port in Settings.' },
  EHOSTUNREACH: {
    what: 'The host cannot be reached.',
    remedy: 'Check the network between here and the receiver.',
  },
  ENETUNREACH: {
    what: 'The network cannot be reached.',
    remedy: 'Check the network between here and the receiver.',
  },
  PRIVATE_ADDRESS: {
    what: 'The address is within a private network, which this server may not deliver to.',
    remedy: 'Use a public address, or ask whoever runs this server to allow private ones.',
  },
  INTERNAL: {
    what: 'Delivery failed within this server.',
    remedy: 'Tell whoever runs it; its log says more.',
  },
  '301': {
    what: 'The receiver has moved; redirects are not followed.',
    remedy: 'Enter the new URL in Settings.',
  },
  '302': {
    what: 'The receiver redirects; redirects are not followed.',
    remedy: 'Enter the URL it leads to in Settings.',
  },
  '307': {
    what: 'The receiver redirects; redirects are not followed.',
    remedy: 'Enter the URL it leads to in Settings.',
  },
  '308': {
    what: 'The receiver has moved; redirects are not followed.',
    remedy: 'Enter the new URL in Settings.',
  },
  '400': {
    what: 'The receiver says that the message is wrong.',
    remedy:
      'The Debugger has its answer, under Delivery of the message. Change what is sent, or what it takes.',
  },
  '401': {
    what: 'The receiver does not know who is calling.',
    remedy: 'Replace the secret or the headers in Settings.',
  },
  '403': {
    what: 'The receiver does not let us.',
    remedy: 'Check the secret and the rights it has at the receiver.',
  },
  '404': { what: 'There is nothing at the URL.', remedy: 'Check the URL in Settings.' },
  '410': {
    what: 'The receiver says that nobody listens there any more.',
    remedy: 'Enter another URL, then resume.',
  },
  '413': { what: 'The receiver found the request too large.', remedy: 'Lower the batch size in Settings.' },
  '429': {
    what: 'The receiver asks for fewer requests.',
    remedy: 'Raise its limit, or the batch size in Settings.',
  },
  '500': { what: 'The receiver failed.', remedy: 'Look at the receiver’s own log.' },
  '502': {
    what: 'Something in front of the receiver could not reach it.',
    remedy: 'Look at the receiver’s own log.',
  },
  '503': { what: 'The receiver was not available.', remedy: 'Look at the receiver’s own log.' },
}

const STEPS: Record<string, Record<string, Words>> = {
  failed_on_ingest: INGEST,
  filtered_at_source: {
    unplanned: { what: 'The event is not in the tracking plan.', remedy: 'Plan it, or stop sending it.' },
    schema_violation: {
      what: 'The message breaks the tracking plan.',
      remedy: 'See its violations in the Debugger, and mend the sender or the plan.',
    },
    common_schema_violation: {
      what: 'The message breaks the rules for all messages in the tracking plan.',
      remedy: 'See its violations in the Debugger, and mend the sender or the plan.',
    },
    unplanned_and_schema_violation: {
      what: 'The event is not in the tracking plan, and breaks its rules for all messages.',
      remedy: 'Plan it, or stop sending it.',
    },
    quarantined_schema_violation: {
      what: 'The message breaks the tracking plan and waits in quarantine.',
      remedy: 'Mend the plan, then release the quarantine.',
    },
    quarantined_common_schema_violation: {
      what: 'The message breaks the plan’s rules for all messages and waits in quarantine.',
      remedy: 'Mend the plan, then release the quarantine.',
    },
    quarantined_unplanned: {
      what: 'The event is not in the tracking plan and waits in quarantine.',
      remedy: 'Plan it, then release the quarantine.',
    },
    quarantined_unplanned_and_schema_violation: {
      what: 'The event is not in the tracking plan, breaks its rules for all messages, and waits in quarantine.',
      remedy: 'Mend the plan, then release the quarantine.',
    },
    event_setting: {
      what: 'The event is blocked in the source’s schema.',
      remedy: 'Allow it there, or stop sending it.',
    },
  },
  filtered_at_destination: DESTINATION,
  failed_delivery: DELIVERY,
}

/** The words for a reason. One without words of its own is told by its status, or as it is. */
export function wordsOf(step: string, code: string): Words {
  const known = STEPS[step]?.[code]
  if (known) return known
  if (step === 'failed_delivery' && /^4\d\d$/.test(code)) {
    return {
      what: `The receiver refused the message (${code}).`,
      remedy: 'The Debugger has its answer, under Delivery of the message.',
    }
  }
  if (step === 'failed_delivery' && /^5\d\d$/.test(code)) {
    return { what: `The receiver failed (${code}).`, remedy: 'Look at the receiver’s own log.' }
  }
  if (step === 'failed_delivery' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code)) {
    return {
      what: `The database refuses (SQLSTATE ${code}).`,
      remedy: 'Its own words stand below; look at the rights and the schema there.',
    }
  }
  return {
    what: code
      .replaceAll('_', ' ')
      .toLowerCase()
      .replace(/^./, (letter) => letter.toUpperCase()),
    remedy: 'Look at such a message in the Debugger.',
  }
}

/** A step as people know it. */
export const stepName = (step: string) =>
  ({
    failed_on_ingest: 'Failed on ingest',
    filtered_at_source: 'Filtered at source',
    filtered_at_destination: 'Filtered at destination',
    failed_delivery: 'Failed delivery',
  })[step] ?? step
