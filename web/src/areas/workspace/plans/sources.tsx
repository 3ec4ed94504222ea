import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm, Dialog } from '../../../kit/dialog'
import { Actions, Select, Summary } from '../../../kit/fields'
import { count, plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Caption, Empty, Muted, Note, Toolbar, useTitle } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { exactly, Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { sourcesQuery } from '../data'
import type { Source } from '../source/source'
import { SourceName } from '../sources'
import { planSourcesQuery, usePlanRefusal } from './data'
import css from './plans.module.css'

/** The sources that are held to the plan; connecting one, with what that comes to. */
export function PlanSources() {
  const { ws, plan } = getRouteApi('/w/$ws/tracking-plans/$plan/sources').useParams()
  const client = useQueryClient()
  const connected = useQuery(planSourcesQuery(ws, plan))
  const refused = usePlanRefusal(ws)
  const [choosing, setChoosing] = useState(false)
  const [parted, setParted] = useState<Source | null>(null)
  useTitle('Sources', plan, ws)
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['w', ws, 'plans'] }),
      client.invalidateQueries({ queryKey: ['w', ws, 'sources'] }),
    ])
  const connect = (
    <Button look="primary" disabled={!!refused} title={refused} onClick={() => setChoosing(true)}>
      Connect source
    </Button>
  )
  return (
    <Body>
      <Loaded query={connected}>
        {(sources) =>
          sources.length === 0 ? (
            <Empty title="No source is connected">
              <p>
                A source has at most one tracking plan; a plan may serve many sources. Before you connect one
                you see what becomes of its messages.
              </p>
              {connect}
            </Empty>
          ) : (
            <>
              <Toolbar>{connect}</Toolbar>
              <Table
                label="Connected sources"
                rows={sources}
                id={({ id }) => id}
                columns={[
                  { head: 'source', cell: (source) => <SourceName ws={ws} source={source} /> },
                  { head: 'last data', cell: ({ lastDataAt }) => <Time at={lastDataAt} /> },
                  {
                    head: 'look at',
                    cell: ({ slug }) => (
                      <span className={css.rowActions}>
                        <Link to="/w/$ws/sources/$source/schema/violations" params={{ ws, source: slug }}>
                          Violations
                        </Link>
                        <Link
                          to="/w/$ws/sources/$source/settings"
                          params={{ ws, source: slug }}
                          hash="schema-configuration"
                        >
                          Schema configuration
                        </Link>
                      </span>
                    ),
                  },
                  {
                    head: '',
                    number: true,
                    cell: (source) => (
                      <Button small disabled={!!refused} title={refused} onClick={() => setParted(source)}>
                        Disconnect
                      </Button>
                    ),
                  },
                ]}
              />
            </>
          )
        }
      </Loaded>
      {choosing && <Connect ws={ws} plan={plan} onClose={() => setChoosing(false)} done={refresh} />}
      <Confirm
        title={`Disconnect ${parted?.name}?`}
        open={parted !== null}
        onClose={() => setParted(null)}
        action="Disconnect"
        run={async () => {
          await read(
            api.DELETE('/tracking-plans/{trackingPlanId}/sources', {
              params: {
                path: { trackingPlanId: plan },
                query: { sourceId: parted!.id },
                header: inWorkspace(ws),
              },
            }),
          )
          await refresh()
          toast(`${parted!.name} is held to no plan`)
        }}
      >
        <p>
          Its messages are no longer held to a plan: nothing of them is blocked, omitted or kept back. What
          waits in its quarantine stays there until you release it.
        </p>
      </Confirm>
    </Body>
  )
}

type Kind = 'ALLOW' | 'OMIT' | 'BLOCK' | 'QUARANTINE'
const ACTIONS: Record<Kind, { tone: 'ok' | 'warn' | 'bad' | 'accent'; glyph: string }> = {
  ALLOW: { tone: 'ok', glyph: '✓' },
  OMIT: { tone: 'warn', glyph: '−' },
  BLOCK: { tone: 'bad', glyph: '⊘' },
  QUARANTINE: { tone: 'accent', glyph: '◔' },
}

/** What holds messages back first. */
const strictFirst = <Row extends { type: string }>(rows: Row[]) => [
  ...rows.filter(({ type }) => type !== 'ALLOW'),
  ...rows.filter(({ type }) => type === 'ALLOW'),
]

/** What becomes of a message, in the field's word. */
export function ActionBadge({ action }: { action: string }) {
  const { tone, glyph } = ACTIONS[action as Kind] ?? ACTIONS.ALLOW
  return (
    <Badge tone={tone} glyph={glyph}>
      {action}
    </Badge>
  )
}

const PERIODS = [
  ['24h', 'the last 24 hours'],
  ['7d', 'the last 7 days'],
  ['30d', 'the last 30 days'],
] as const

function Connect({
  ws,
  plan,
  onClose,
  done,
}: {
  ws: string
  plan: string
  onClose: () => void
  done: () => Promise<unknown>
}) {
  const sources = useQuery(sourcesQuery(ws))
  const [slug, setSlug] = useState('')
  const [period, setPeriod] = useState<string>('24h')
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const source = sources.data?.sources.find((each) => each.slug === slug)
  const consequences = useQuery({
    queryKey: ['w', ws, 'plans', plan, 'consequences', slug, period],
    enabled: slug !== '',
    staleTime: 30_000,
    queryFn: () =>
      read(
        api.GET('/tracking-plans/{trackingPlanId}/consequences', {
          params: {
            path: { trackingPlanId: plan },
            query: { sourceId: slug, period },
            header: inWorkspace(ws),
          },
        }),
      ),
  })
  const connect = async () => {
    if (!source || busy) return
    setBusy(true)
    setError(null)
    try {
      await read(
        api.POST('/tracking-plans/{trackingPlanId}/sources', {
          params: { path: { trackingPlanId: plan }, header: inWorkspace(ws) },
          body: { sourceId: source.id },
        }),
      )
      await done()
      toast(`${source.name} is held to the plan from now on`)
      onClose()
    } catch (error) {
      setError(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title="Connect a source" open onClose={onClose} wide>
      <div className={css.row}>
        <Select
          label="Source"
          value={slug}
          onChange={({ target }) => {
            setError(null)
            setSlug(target.value)
          }}
        >
          <option value="">Choose a source</option>
          {(sources.data?.sources ?? []).map(({ slug, name }) => (
            <option key={slug} value={slug}>
              {name}
            </option>
          ))}
        </Select>
        {slug !== '' && (
          <Select label="Try it on" value={period} onChange={({ target }) => setPeriod(target.value)}>
            {PERIODS.map(([key, words]) => (
              <option key={key} value={key}>
                {words}
              </option>
            ))}
          </Select>
        )}
      </div>
      {slug !== '' && (
        <Loaded query={consequences}>
          {({ consequences, trial }) => (
            <>
              <Caption>Review consequences</Caption>
              <Table
                label="Consequences"
                rows={strictFirst(consequences)}
                id={({ on, text }) => `${on} ${text}`}
                columns={[
                  { head: 'type', cell: ({ type }) => <ActionBadge action={type} /> },
                  { head: 'calls', cell: ({ on }) => <Muted>{on}</Muted> },
                  { head: 'what happens', cell: ({ text }) => text },
                ]}
              />
              {trial && <Trial trial={trial} />}
            </>
          )}
        </Loaded>
      )}
      {error !== null && <Summary faults={failureFaults(error)} />}
      <Actions>
        <Button
          look="primary"
          busy={busy}
          disabled={!source || !consequences.data}
          onClick={() => void connect()}
        >
          Connect source
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </Actions>
    </Dialog>
  )
}

/** What the plan would have done to messages that came already. */
function Trial({ trial }: { trial: Shapes['Violations'] }) {
  if (trial.messages === 0)
    return <Note>Nothing came from it in this time, so there is nothing to try the plan on.</Note>
  return (
    <>
      <Caption>What the plan would have done</Caption>
      <p className={css.figures}>
        <span>
          <strong>{count(trial.messages)}</strong> {trial.messages === 1 ? 'message' : 'messages'}
        </span>
        <span>
          <strong>{count(trial.conforming)}</strong> conform
        </span>
        <span>
          <strong>{count(trial.omitted)}</strong> lose something
        </span>
        <span>
          <strong>{count(trial.blocked)}</strong> blocked
        </span>
        <span>
          <strong>{count(trial.quarantined)}</strong> quarantined
        </span>
        <Muted>
          {trial.from && `since ${exactly(trial.from)}`}
          {!trial.complete && ', the newest only'}
        </Muted>
      </p>
      {trial.groups.length > 0 && (
        <Table
          label="What would break the plan"
          rows={trial.groups.slice(0, 20)}
          id={({ type, event }) => `${type} ${event ?? ''}`}
          columns={[
            { head: 'event', cell: ({ type, event }) => event ?? `${type} calls` },
            {
              head: 'breaks it',
              number: true,
              cell: ({ violating, messages }) => `${count(violating)} of ${count(messages)}`,
            },
            {
              head: 'most often',
              cell: ({ violations }) => violations[0]?.description ?? <Muted>unplanned</Muted>,
            },
          ]}
        />
      )}
      {trial.groups.length > 20 && <Muted>And {plural(trial.groups.length - 20, 'more event')}.</Muted>}
    </>
  )
}
