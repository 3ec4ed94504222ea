import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Fault } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Actions, Select, Summary, TextArea, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Muted, Note, Panel, Section } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Table } from '../../../kit/table'
import { useChange } from './change'
import { type Rule, removeRule, sendRules, usePlanRefusal } from './data'
import css from './plans.module.css'
import { PropertyDialog } from './property-dialog'
import {
  emptySchema,
  type Property,
  partOf,
  pathText,
  propertiesOf,
  RULE_TYPES,
  readSchema,
  ruleId,
  type Schema,
  titleOf,
  typesInWords,
  withoutProperty,
  withProperty,
} from './rule'

/** One rule with its properties, to be looked at and changed; without one, a new rule. */
export function RuleDetail({
  ws,
  plan,
  rule,
  rules,
}: {
  ws: string
  plan: string
  rule: Rule | undefined
  rules: Rule[]
}) {
  const navigate = useNavigate()
  const { review, dialog } = useChange(ws, plan)
  const refused = usePlanRefusal(ws)
  const [type, setType] = useState(rule?.type ?? 'TRACK')
  const [name, setName] = useState(rule?.key ?? '')
  const [version, setVersion] = useState(rule?.version ?? 1)
  const [schema, setSchema] = useState<Schema>(() => rule?.jsonSchema ?? emptySchema('TRACK'))
  const [text, setText] = useState<string | null>(null)
  const [problem, setProblem] = useState<string>()
  const [faults, setFaults] = useState<Fault[]>([])
  const [edited, setEdited] = useState<Property | 'new' | null>(null)
  const [busy, setBusy] = useState(false)

  const part = partOf(type)
  const parts = part === 'property' ? 'properties' : `${part}s`
  const properties = propertiesOf(type, schema)
  const versions = rules.filter((each) => each.type === type && each.key && each.key === rule?.key)
  const dirty =
    !rule || name !== (rule.key ?? '') || JSON.stringify(schema) !== JSON.stringify(rule.jsonSchema)

  /** What was typed as JSON, or `undefined` when it cannot be read. */
  const current = (): Schema | undefined => {
    if (text === null) return schema
    const found = readSchema(text)
    if ('problem' in found) {
      setProblem(found.problem)
      return undefined
    }
    setProblem(undefined)
    setSchema(found.schema)
    return found.schema
  }
  const look = async (jsonSchema: Schema, as: { version: number; fresh: boolean }) => {
    setFaults([])
    setBusy(true)
    const key = type === 'TRACK' ? name.trim() : undefined
    const renamed = rule && !as.fresh && key && key !== rule.key ? key : undefined
    const sent = { type, key: renamed ? rule?.key : key, newKey: renamed, version: as.version, jsonSchema }
    const title = as.fresh ? `Add ${titleOf({ type, key, version: as.version })}` : `Change ${titleOf(rule!)}`
    try {
      await review({
        title,
        action: as.fresh ? 'Add rule' : 'Save rule',
        done: as.fresh ? 'The rule is added' : 'The rule is saved',
        send: (sending) => sendRules(ws, plan, [sent], sending),
        after: () =>
          void navigate({
            to: '/w/$ws/tracking-plans/$plan/rules',
            params: { ws, plan },
            search: { rule: ruleId({ type, key, version: as.version }) },
          }),
      })
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <p>
        <Link to="/w/$ws/tracking-plans/$plan/rules" params={{ ws, plan }}>
          ‹ All rules
        </Link>
      </p>
      <Section
        title={rule ? titleOf(rule) : 'New rule'}
        sub={
          rule && (
            <>
              {rule.type.toLowerCase()} · version {rule.version} · {plural(properties.length, part, parts)}
            </>
          )
        }
        actions={
          rule && (
            <Button
              small
              look="danger"
              disabled={!!refused}
              title={refused}
              onClick={() =>
                void review({
                  title: `Remove ${titleOf(rule)}?`,
                  action: 'Remove rule',
                  done: 'The rule is removed',
                  send: (sending) => removeRule(ws, plan, rule, sending),
                  after: () =>
                    void navigate({ to: '/w/$ws/tracking-plans/$plan/rules', params: { ws, plan } }),
                }).catch(toastRefusal)
              }
            >
              Remove rule
            </Button>
          )
        }
      >
        {versions.length > 1 && (
          <p className={css.versions}>
            Versions of this event:{' '}
            {versions.map((each) => (
              <Link
                key={each.version}
                to="/w/$ws/tracking-plans/$plan/rules"
                params={{ ws, plan }}
                search={{ rule: ruleId(each) }}
                aria-current={each.version === rule?.version ? 'true' : undefined}
                activeOptions={{ exact: true, includeSearch: true }}
              >
                {each.version}
              </Link>
            ))}
            <Muted>
              A message chooses with <code>context.protocols.event_version</code>; otherwise the oldest
              counts.
            </Muted>
          </p>
        )}
        <Panel>
          <form
            className={css.editor}
            noValidate
            onSubmit={(event) => {
              event.preventDefault()
              const now = current()
              if (now) void look(now, { version, fresh: !rule })
            }}
          >
            <Summary faults={faults} />
            {!rule && (
              <Select
                label="Type"
                value={type}
                onChange={({ target }) => {
                  setType(target.value)
                  setSchema(emptySchema(target.value))
                  setText(null)
                }}
              >
                {RULE_TYPES.map((each) => (
                  <option key={each} value={each}>
                    {titleOf({ type: each, version: 1 }).replace('TRACK', 'Track: one event')}
                  </option>
                ))}
              </Select>
            )}
            {type === 'TRACK' && (
              <TextField
                label="Event name"
                hint="Exactly as it is sent: case, spaces and spelling count."
                readOnly={!!refused}
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            )}
            {!rule && type === 'TRACK' && (
              <TextField
                label="Version"
                type="number"
                min={1}
                value={version}
                onChange={({ target }) => setVersion(Number(target.value))}
              />
            )}
            {text === null ? (
              <>
                <TextField
                  label="Description"
                  optional
                  readOnly={!!refused}
                  value={typeof schema.description === 'string' ? schema.description : ''}
                  onChange={({ target }) => {
                    const { description: _, ...rest } = schema
                    setSchema(target.value ? { ...rest, description: target.value } : rest)
                  }}
                />
                <PropertyTable
                  part={part}
                  properties={properties}
                  refused={refused}
                  edit={setEdited}
                  remove={({ path }) => setSchema(withoutProperty(type, schema, path))}
                />
              </>
            ) : (
              <TextArea
                label="JSON Schema of the whole message"
                hint="Draft 7 unless $schema names another. Properties stand in properties › properties, traits in properties › traits."
                error={problem}
                mono
                rows={22}
                readOnly={!!refused}
                spellCheck={false}
                value={text}
                onChange={({ target }) => setText(target.value)}
              />
            )}
            <Actions>
              <Button type="submit" look="primary" busy={busy} disabled={!!refused} title={refused}>
                Review changes
              </Button>
              {text === null ? (
                <>
                  <Button disabled={!!refused} title={refused} onClick={() => setEdited('new')}>
                    Add {part}
                  </Button>
                  <Button onClick={() => setText(JSON.stringify(schema, null, 2))}>
                    {refused ? 'Show as JSON' : 'Edit as JSON'}
                  </Button>
                </>
              ) : (
                <Button
                  onClick={() => {
                    if (current()) setText(null)
                  }}
                >
                  {refused ? 'Show as a table' : 'Edit as a table'}
                </Button>
              )}
              {rule?.type === 'TRACK' && !refused && (
                <Button
                  title="A new version of this event beside this one, with what stands here"
                  onClick={() => {
                    const now = current()
                    const next = Math.max(...versions.map(({ version }) => version)) + 1
                    if (now) void look(now, { version: next, fresh: true })
                  }}
                >
                  Save as a new version
                </Button>
              )}
            </Actions>
            {rule && dirty && text === null && (
              <Note>Not saved yet. Review changes to see what they break.</Note>
            )}
          </form>
        </Panel>
      </Section>
      {edited !== null && (
        <PropertyDialog
          part={part}
          property={edited === 'new' ? undefined : edited}
          taken={properties.map(({ path }) => pathText(path))}
          onClose={() => setEdited(null)}
          save={(next) => {
            const renamed = edited !== 'new' && pathText(edited.path) !== pathText(next.path)
            setSchema(withProperty(type, renamed ? withoutProperty(type, schema, edited.path) : schema, next))
            setEdited(null)
          }}
        />
      )}
      {dialog}
    </>
  )
}

function PropertyTable({
  part,
  properties,
  refused,
  edit,
  remove,
}: {
  part: string
  properties: Property[]
  refused: string | undefined
  edit: (property: Property) => void
  remove: (property: Property) => void
}) {
  if (properties.length === 0)
    return <Muted>Nothing is asked of its {part === 'property' ? 'properties' : `${part}s`} yet.</Muted>
  return (
    <Table
      label="Properties"
      rows={properties}
      id={({ path }) => pathText(path)}
      columns={[
        { head: 'name', cell: ({ path }) => <code>{pathText(path)}</code> },
        { head: 'data type', cell: ({ types }) => typesInWords(types) },
        {
          head: 'status',
          cell: ({ required }) =>
            required ? <Badge tone="accent">required</Badge> : <Muted>optional</Muted>,
        },
        {
          head: 'permitted values',
          cell: ({ values, pattern }) =>
            values.length > 0 ? values.join(' | ') : pattern ? <code>{pattern}</code> : <Muted>any</Muted>,
        },
        { head: 'description', cell: ({ description }) => <Muted>{description}</Muted> },
        {
          head: '',
          number: true,
          cell: (property) =>
            refused ? null : (
              <span className={css.rowActions}>
                <Button small aria-label={`Edit ${pathText(property.path)}`} onClick={() => edit(property)}>
                  Edit
                </Button>
                <Button
                  small
                  look="quiet"
                  aria-label={`Remove ${pathText(property.path)}`}
                  onClick={() => remove(property)}
                >
                  Remove
                </Button>
              </span>
            ),
        },
      ]}
    />
  )
}
