import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, type Fault, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Actions, Select, Summary, TextArea, TextField } from '../../../kit/fields'
import { count, plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, PageHead, Panel, Section, useTitle } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { exactly } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { sourcesQuery } from '../data'
import { makePlan, startersQuery, usePlanRefusal } from './data'
import css from './plans.module.css'
import { ruleId, titleOf, typesInWords } from './rule'

const WAYS = [
  ['blank', 'Blank', 'Write the rules yourself.'],
  ['starter', 'A starter of the Spec', 'The events of a category, with the properties that the Spec names.'],
  ['source', 'What a source sends', 'Rules made of its recent events; you choose which to take.'],
  ['file', 'A file', 'CSV or JSON; you see what it comes to before anything is saved.'],
] as const
type Way = (typeof WAYS)[number][0]

type Proposed = { type: string; key?: string | null; version: number; jsonSchema: object }

/** Makes a tracking plan: blank, of the Spec, of what a source sends, or of a file. */
export function NewTrackingPlan() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const { from, source: named } = getRouteApi('/w/$ws/tracking-plans/new').useSearch()
  const way: Way = WAYS.find(([key]) => key === from)?.[0] ?? 'starter'
  const navigate = useNavigate({ from: '/w/$ws/tracking-plans/new' })
  const client = useQueryClient()
  const refused = usePlanRefusal(ws)
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [category, setCategory] = useState('')
  const [chosen, setChosen] = useState<Proposed[]>([])
  const [faults, setFaults] = useState<Fault[]>([])
  const [nameless, setNameless] = useState<string>()
  const [busy, setBusy] = useState(false)
  const starters = useQuery({ ...startersQuery(ws), enabled: way === 'starter' })
  useTitle('New tracking plan', ws)
  const starter = category || starters.data?.[0]?.category

  const make = async (event: React.FormEvent) => {
    event.preventDefault()
    if (busy) return
    const title = name.trim() || (way === 'starter' && starter ? `${starter} events` : '')
    if (!title) return setNameless('A name is needed, such as "Web shop".')
    setNameless(undefined)
    setFaults([])
    setBusy(true)
    try {
      let rules: Proposed[] = []
      if (way === 'source') rules = chosen
      if (way === 'starter' && starter)
        rules = (
          await read(
            api.GET('/tracking-plans/starters/{category}', {
              params: { path: { category: starter }, header: inWorkspace(ws) },
            }),
          )
        ).starter.rules as unknown as Proposed[]
      const plan = await makePlan(ws, { name: title, description }, rules)
      await client.invalidateQueries({ queryKey: ['w', ws, 'plans', 'all'] })
      toast(`${plan.name} is made`)
      await navigate(
        way === 'file'
          ? { to: '/w/$ws/tracking-plans/$plan/import', params: { ws, plan: plan.slug } }
          : { to: '/w/$ws/tracking-plans/$plan/rules', params: { ws, plan: plan.slug } },
      )
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <PageHead
        title="New tracking plan"
        sub="It holds nothing back until you connect a source and say what becomes of what breaks it."
      />
      <Body>
        <form className={css.editor} onSubmit={make} noValidate>
          <Summary faults={faults} />
          <fieldset className={css.ways}>
            <legend hidden>Start from</legend>
            {WAYS.map(([key, title, below]) => (
              <label key={key} className={css.way}>
                <input
                  type="radio"
                  name="from"
                  checked={way === key}
                  onChange={() =>
                    void navigate({ search: (before) => ({ ...before, from: key }), replace: true })
                  }
                />
                <strong>{title}</strong>
                <small>{below}</small>
              </label>
            ))}
          </fieldset>
          {way === 'starter' && (
            <Loaded query={starters} rows={1}>
              {(all) => (
                <Select
                  label="Category of the Spec"
                  value={starter}
                  onChange={({ target }) => setCategory(target.value)}
                >
                  {all.map(({ category, events }) => (
                    <option key={category} value={category}>
                      {category} ({plural(events, 'event')})
                    </option>
                  ))}
                </Select>
              )}
            </Loaded>
          )}
          <TextField
            label="Name"
            placeholder={way === 'starter' && starter ? `${starter} events` : undefined}
            error={nameless}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
          <TextArea
            label="Description"
            optional
            rows={2}
            value={description}
            onChange={({ target }) => setDescription(target.value)}
          />
          {way === 'source' && <FromSource ws={ws} named={named} choose={setChosen} />}
          <Actions>
            <Button type="submit" look="primary" busy={busy} disabled={!!refused} title={refused}>
              {way === 'file'
                ? 'Create and choose the file'
                : way === 'source'
                  ? `Create with ${plural(chosen.length, 'rule')}`
                  : 'Create tracking plan'}
            </Button>
            <Link to="/w/$ws/tracking-plans" params={{ ws }}>
              Cancel
            </Link>
          </Actions>
        </form>
      </Body>
    </>
  )
}

const PERIODS = [
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
] as const

function FromSource({
  ws,
  named,
  choose,
}: {
  ws: string
  named: string | undefined
  choose: (rules: Proposed[]) => void
}) {
  const navigate = useNavigate({ from: '/w/$ws/tracking-plans/new' })
  const sources = useQuery(sourcesQuery(ws)).data?.sources ?? []
  const source = named ?? sources[0]?.slug
  const [period, setPeriod] = useState<string>('7d')
  const proposal = useQuery({
    queryKey: ['w', ws, 'sources', source, 'proposal', period],
    enabled: source !== undefined,
    staleTime: 60_000,
    queryFn: async () =>
      await read(
        api.GET('/sources/{sourceId}/plan-proposal', {
          params: { path: { sourceId: source! }, query: { period }, header: inWorkspace(ws) },
        }),
      ),
  })
  return (
    <Section title="What it sends">
      <div className={css.row}>
        <Select
          label="Source"
          value={source ?? ''}
          onChange={({ target }) => {
            choose([])
            void navigate({ search: (before) => ({ ...before, source: target.value }), replace: true })
          }}
        >
          {sources.map(({ slug, name }) => (
            <option key={slug} value={slug}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          label="Messages of the"
          value={period}
          onChange={({ target }) => {
            choose([])
            setPeriod(target.value)
          }}
        >
          {PERIODS.map(([key, words]) => (
            <option key={key} value={key}>
              {words.toLowerCase()}
            </option>
          ))}
        </Select>
      </div>
      {source !== undefined && (
        <Loaded query={proposal}>
          {(found) => <Proposal key={`${source} ${period}`} found={found} choose={choose} />}
        </Loaded>
      )}
    </Section>
  )
}

function Proposal({ found, choose }: { found: Shapes['ProposalView']; choose: (rules: Proposed[]) => void }) {
  const rules = found.rules as unknown as Proposed[]
  const [taken, setTaken] = useState(() => new Set(rules.map(ruleId)))
  // All of it, until somebody leaves some out.
  useEffect(() => choose(rules), [choose, rules])
  const take = (next: Set<string>) => {
    setTaken(next)
    choose(rules.filter((rule) => next.has(ruleId(rule))))
  }
  if (rules.length === 0)
    return (
      <Empty title="Nothing came in this time">
        <p>A proposal needs messages of the source. Send some, or look further back.</p>
      </Empty>
    )
  const all = taken.size === rules.length
  return (
    <>
      <div className={css.row}>
        <Muted>
          {plural(rules.length, 'rule')} of {plural(found.messages, 'message')}
          {found.from && ` since ${exactly(found.from)}`}
          {!found.complete && ', the newest; older ones are not looked at'}
          {found.unread > 0 && `; ${count(found.unread)} could not be read`}.
        </Muted>
        <Button small onClick={() => take(all ? new Set() : new Set(rules.map(ruleId)))}>
          {all ? 'Choose none' : 'Choose all'}
        </Button>
      </div>
      <Panel flush>
        {rules.map((rule, at) => {
          const id = ruleId(rule)
          const seen = found.seen[at]
          return (
            <div key={id} className={css.seen}>
              <label className={css.pick}>
                <input
                  type="checkbox"
                  checked={taken.has(id)}
                  onChange={({ target }) => {
                    const next = new Set(taken)
                    if (target.checked) next.add(id)
                    else next.delete(id)
                    take(next)
                  }}
                />
                <strong>{titleOf(rule)}</strong>
                <Muted>{seen && plural(seen.messages, 'message')}</Muted>
              </label>
              {seen && seen.properties.length > 0 && (
                <details className={css.inside}>
                  <summary>
                    {plural(seen.properties.length, 'property', 'properties')}
                    {seen.truncated && ', more than are kept'}
                  </summary>
                  <Table
                    label={`Properties of ${titleOf(rule)}`}
                    rows={seen.properties}
                    id={({ path }) => path}
                    columns={[
                      { head: 'property', cell: ({ path }) => <code>{path}</code> },
                      { head: 'data type', cell: ({ types }) => typesInWords(types) },
                      {
                        head: 'status',
                        cell: ({ required }) => (required ? 'required' : <Muted>optional</Muted>),
                      },
                      {
                        head: 'seen',
                        number: true,
                        cell: ({ seen, of }) => `${count(seen)} of ${count(of)}`,
                      },
                      {
                        head: 'confidence',
                        number: true,
                        cell: ({ confidence }) => `${Math.floor(confidence * 100)} %`,
                      },
                    ]}
                  />
                </details>
              )}
            </div>
          )
        })}
      </Panel>
    </>
  )
}
