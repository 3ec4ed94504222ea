import type { Shapes } from '../../../api/client'

/** What a partner may choose; the same list as the API's. */
export const CATEGORIES = [
  'A/B Testing',
  'Advertising',
  'Analytics',
  'Attribution',
  'CRM',
  'Customer Success',
  'Deep Linking',
  'Email Marketing',
  'Enrichment',
  'Feature Flagging',
  'Heatmaps & Recordings',
  'Live Chat',
  'Marketing Automation',
  'Performance Monitoring',
  'Personalization',
  'Raw Data',
  'Referrals',
  'Security & Fraud',
  'SMS & Push Notifications',
  'Surveys',
  'Tag Managers',
  'Video',
]

/** Where an integration can send. */
export const REGIONS = [
  { key: 'us-west-2', name: 'US West' },
  { key: 'eu-west-1', name: 'EU West' },
]

/** A region in words. */
export const regionName = (key: string) => REGIONS.find((region) => region.key === key)?.name ?? key

/** The calls that a source can declare. */
export const KINDS = ['track', 'identify', 'page', 'screen', 'group', 'alias']

/** The glyph of a call. */
export const GLYPHS: Record<string, string> = {
  track: '▸',
  identify: '●',
  page: '▭',
  screen: '▯',
  group: '◆',
  alias: '⇄',
}

/** The kinds of value that a property holds. */
export const PROPERTY_TYPES: Shapes['PropertyType'][] = [
  'string',
  'number',
  'integer',
  'boolean',
  'dateTime',
  'object',
  'array',
  'any',
]

/** The kinds of value that a customer fills in. */
export const OPTION_TYPES: { key: Shapes['OptionType']; name: string }[] = [
  { key: 'string', name: 'Text' },
  { key: 'boolean', name: 'Yes or no' },
  { key: 'number', name: 'Number' },
  { key: 'select', name: 'One of a list' },
  { key: 'array', name: 'List of texts' },
  { key: 'object', name: 'Object (JSON)' },
  { key: 'map', name: 'Names and texts' },
]

/** The sections of the documentation, in order. */
export const SECTIONS = [
  {
    key: 'introduction',
    title: 'Introduction',
    hint: 'One or two sentences: what the product is, and what a customer gets from its events. Name the product and link its site.',
  },
  {
    key: 'gettingStarted',
    title: 'Getting started',
    hint: 'Every step from the catalog to the first event: add the source, copy its write key, and where in your product it is pasted. Say which plan or role is needed.',
  },
  {
    key: 'stream',
    title: 'Stream',
    hint: 'Which calls are sent (track, identify, page, group), and how userId and anonymousId are filled.',
  },
  {
    key: 'events',
    title: 'Events',
    hint: 'A table: event name, and when it is sent. Every declared event stands in it.',
  },
  {
    key: 'eventProperties',
    title: 'Event properties',
    hint: 'A table: property, and what it says. Every declared property stands in it.',
  },
  {
    key: 'addingDestinations',
    title: 'Adding destinations',
    hint: 'What to do once events arrive. Leave it out when there is nothing special to say.',
  },
] as const
