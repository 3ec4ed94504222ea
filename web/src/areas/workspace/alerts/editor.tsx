import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, type Fault, inWorkspace, read } from '../../../api/client'
import { accountQuery } from '../../../api/queries'
import { Button } from '../../../kit/button'
import { Confirm } from '../../../kit/dialog'
import {
  Actions,
  Check,
  Form,
  Group,
  Select,
  Summary,
  TextArea,
  TextField,
  toldHere,
} from '../../../kit/fields'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Columns, Empty, Note, PageHead, Panel, Section, useTitle } from '../../../kit/page'
import { toast } from '../../../kit/toast'
import { allDestinationsQuery, allSourcesQuery, freeName } from '../../catalog/entries'
import { ChangedMeanwhile, useVersion } from '../changed'
import { OWNERS_ONLY, useOwner } from '../data'
import css from './alerts.module.css'
import { alertQuery, alertsKey, alertsQuery } from './data'
import { AlertTest } from './test'
import { type Alert, type Draft, draftOf, KINDS, type Kind, saidBy, type Unit, usual, watches } from './words'

/** Makes an alert. */
export function NewAlert() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const { kind, about } = getRouteApi('/w/$ws/alerts/new').useSearch()
  const owner = useOwner(ws)
  const account = useQuery(accountQuery)
  // Of a source there is nothing to be told that a destination does.
  const usually: Kind = about?.startsWith('src_') ? 'NO_DATA' : 'DESTINATION_STATE'
  const known = kind && Object.hasOwn(KINDS, kind) ? (kind as Kind) : usually
  useTitle('New alert', ws)
  return (
    <>
      <PageHead
        title="New alert"
        sub="It is looked at every minute, and told once: that it began, and that it is over."
      />
      <Body>
        {owner === false ? (
          <Note tone="warn">{OWNERS_ONLY}</Note>
        ) : (
          <Loaded query={account}>
            {(account) => (
              <Columns
                side={
                  <Section title="Who is told anyway">
                    <p>
                      The owners of the workspace get a mail when a destination has done nothing but fail for
                      half of the time until it is paused, when it is paused, and when it works again. An
                      alert is for others, for a channel of yours, and for what comes before that.
                    </p>
                  </Section>
                }
              >
                <Editor
                  ws={ws}
                  begin={{ ...draftOf(undefined, account?.email ?? '', known), about: about ?? '' }}
                />
              </Columns>
            )}
          </Loaded>
        )}
      </Body>
    </>
  )
}

/** Changes, tests or deletes one. */
export function AlertPage() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const { alert: id } = getRouteApi('/w/$ws/alerts/$alert').useParams()
  const owner = useOwner(ws)
  const query = useQuery({ ...alertQuery(ws, id), enabled: owner === true })
  const [generation, setGeneration] = useState(0)
  const name = query.data?.alert.name
  useTitle(name ?? 'Alert', ws)
  return (
    <>
      <PageHead title={name ?? 'Alert'} />
      <Body>
        {owner === false ? (
          <Note tone="warn">{OWNERS_ONLY}</Note>
        ) : query.error instanceof ApiFailure && query.error.status === 404 ? (
          <Empty title="There is no such alert">
            <p>It may have been deleted.</p>
            <Link to="/w/$ws/alerts" params={{ ws }}>
              All alerts
            </Link>
          </Empty>
        ) : (
          <Loaded query={query}>
            {({ alert, etag }) => (
              <Columns side={<AlertTest ws={ws} alert={alert} />}>
                <Editor
                  key={`${alert.id} ${generation}`}
                  ws={ws}
                  begin={draftOf(alert, '')}
                  alert={alert}
                  etag={etag}
                  again={() => setGeneration(generation + 1)}
                />
                <Delete ws={ws} alert={alert} />
              </Columns>
            )}
          </Loaded>
        )}
      </Body>
    </>
  )
}

function Editor({
  ws,
  begin,
  alert,
  etag = '',
  again,
}: {
  ws: string
  begin: Draft
  alert?: Alert
  etag?: string
  /** Begins anew with what the server has. */
  again?: () => void
}) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const others = useQuery(alertsQuery(ws)).data ?? []
  const [draft, setDraft] = useState(begin)
  const [faults, setFaults] = useState<Fault[]>([])
  const [changed, setChanged] = useState(false)
  const version = useVersion(alert && { ...alert, enabled: null }, etag)
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const words = KINDS[draft.kind]
  const name =
    draft.name ??
    freeName(
      words.label,
      others.map(({ name }) => ({ name })),
    ).name
  const latest = () => client.fetchQuery({ ...alertQuery(ws, alert?.id ?? ''), staleTime: 0 })
  const save = useMutation({
    mutationFn: async () => {
      const { said, faults } = saidBy(draft)
      if (faults.length > 0) throw new ApiFailure(422, faults, null)
      if (!alert) {
        const body = {
          ...said,
          name,
          kind: draft.kind,
          aboutId: draft.about || null,
          emails: said.emails ?? [],
        }
        return await read(api.POST('/alerts', { params: { header: inWorkspace(ws) }, body }))
      }
      const params = {
        path: { alertId: alert.id },
        header: { ...inWorkspace(ws), 'If-Match': version.seen() },
      }
      return await read(api.PATCH('/alerts/{alertId}', { params, body: { ...said, name } }))
    },
    onMutate: () => setFaults([]),
    onSuccess: async ({ alert: saved }) => {
      await client.invalidateQueries({ queryKey: alertsKey(ws) })
      toast(alert ? 'Saved' : `${saved.name} is on`)
      if (again) again()
      else await navigate({ to: '/w/$ws/alerts/$alert', params: { ws, alert: saved.id } })
    },
    onError: (error) => {
      if (error instanceof ApiFailure && error.status === 412) setChanged(true)
      else setFaults(failureFaults(error))
    },
  })
  /** What is wrong with a field; the API points into a list at each of its entries. */
  const at = (pointer: string) => {
    const here = faults.filter(
      (fault) => fault.pointer === pointer || fault.pointer?.startsWith(`${pointer}/`),
    )
    return here.length > 0 ? here.map(toldHere).join(' ') : undefined
  }
  return (
    <Panel>
      <Form
        onSubmit={(event) => {
          event.preventDefault()
          if (!save.isPending) save.mutate()
        }}
      >
        <Summary faults={faults} />
        {changed && (
          <ChangedMeanwhile
            load={async () => {
              await latest()
              again?.()
            }}
            keep={async () => {
              const { alert, etag } = await latest()
              version.adopt({ ...alert, enabled: null }, etag)
              setChanged(false)
              toast('Save again to put yours over theirs')
            }}
          />
        )}
        <Watched ws={ws} draft={draft} set={set} alert={alert} error={at('/aboutId')} />
        {words.percent && (
          <TextField
            label={words.percent.label}
            inputMode="numeric"
            autoComplete="off"
            value={draft.percent}
            error={at('/threshold')}
            onChange={({ target }) => set({ percent: target.value })}
          />
        )}
        {words.time && (
          <div className={css.time}>
            <TextField
              label={words.time.label}
              inputMode="numeric"
              autoComplete="off"
              hint="From 5 minutes to 14 days."
              value={draft.amount}
              error={at('/minutes')}
              onChange={({ target }) => set({ amount: target.value })}
            />
            <Select
              label="Counted in"
              value={draft.unit}
              onChange={({ target }) => set({ unit: target.value as Unit })}
            >
              <option value="minute">minutes</option>
              <option value="hour">hours</option>
              <option value="day">days</option>
            </Select>
          </div>
        )}
        <TextField
          label="Name"
          maxLength={60}
          autoComplete="off"
          hint="Stands in the subject of the mails."
          value={name}
          error={at('/name')}
          onChange={({ target }) => set({ name: target.value })}
        />
        <TextArea
          label="Mail to"
          optional
          rows={3}
          spellCheck={false}
          autoComplete="off"
          hint="One address on each line. They need no account here."
          value={draft.emails}
          error={at('/emails')}
          onChange={({ target }) => set({ emails: target.value })}
        />
        <Webhook draft={draft} set={set} alert={alert} error={at('/webhookUrl')} />
        <Actions>
          <Button type="submit" look="primary" busy={save.isPending}>
            {alert ? 'Save' : 'Create alert'}
          </Button>
          <Link to="/w/$ws/alerts" params={{ ws }}>
            All alerts
          </Link>
        </Actions>
      </Form>
    </Panel>
  )
}

interface PartProps {
  draft: Draft
  set: (part: Partial<Draft>) => void
  alert: Alert | undefined
  error: string | undefined
}

/** What is watched, of one or of all; that never changes afterwards. */
function Watched({ ws, draft, set, alert, error }: PartProps & { ws: string }) {
  const sources = useQuery(allSourcesQuery(ws)).data ?? []
  const destinations = useQuery(allDestinationsQuery(ws)).data ?? []
  const words = KINDS[draft.kind]
  const all = words.about === 'source' ? sources : destinations
  if (alert) {
    const one = all.find(({ id }) => id === alert.aboutId)
    const about = alert.aboutId ? (one?.name ?? `a ${words.about} that is gone`) : undefined
    return (
      <Note>
        <span>
          Tells when {watches(alert, about)}. What is watched does not change: make another alert for that.
        </span>
      </Note>
    )
  }
  return (
    <>
      <Group legend="What is watched" boxed>
        {(Object.keys(KINDS) as Kind[]).map((kind) => (
          <Check
            key={kind}
            type="radio"
            name="kind"
            label={KINDS[kind].label}
            hint={KINDS[kind].says}
            checked={draft.kind === kind}
            onChange={() =>
              set({ ...usual(kind), about: KINDS[kind].about === words.about ? draft.about : '' })
            }
          />
        ))}
      </Group>
      <Select
        label={words.about === 'source' ? 'Of which source' : 'Of which destination'}
        value={draft.about}
        error={error}
        onChange={({ target }) => set({ about: target.value })}
      >
        <option value="">{words.about === 'source' ? 'Every source' : 'Every destination'}</option>
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
    </>
  )
}

/** The webhook: where one is set, its address is a secret that is replaced or taken away, and never shown whole. */
function Webhook({ draft, set, alert, error }: PartProps) {
  if (draft.webhook === null) {
    return (
      <div role="group" aria-label="Webhook" className={css.set}>
        <span>
          ✓ Webhook <code>{alert?.webhookUrl}</code>
        </span>
        <Button small onClick={() => set({ webhook: '' })}>
          Replace or remove
        </Button>
      </div>
    )
  }
  return (
    <>
      <TextField
        label="Webhook"
        optional
        type="url"
        mono
        autoComplete="off"
        spellCheck={false}
        placeholder="https://hooks.slack.com/services/…"
        hint="Gets JSON that Slack, Mattermost and the like take. Whoever knows the address may write there, so it is kept encrypted and not shown again."
        value={draft.webhook}
        error={error}
        onChange={({ target }) => set({ webhook: target.value })}
      />
      {alert?.webhookUrl && (
        <div className={css.set}>
          <Button small look="quiet" onClick={() => set({ webhook: null })}>
            Keep the one that is set
          </Button>
          <small>Left empty, it is removed when you save.</small>
        </div>
      )}
    </>
  )
}

function Delete({ ws, alert }: { ws: string; alert: Alert }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  return (
    <Section
      title="Delete"
      sub="What it told stays in the list. Switch it off instead to have it again later."
    >
      <div>
        <Button look="danger" onClick={() => setAsking(true)}>
          Delete alert
        </Button>
      </div>
      <Confirm
        title={`Delete ${alert.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete"
        run={async () => {
          const params = { path: { alertId: alert.id }, header: inWorkspace(ws) }
          await read(api.DELETE('/alerts/{alertId}', { params }))
          await navigate({ to: '/w/$ws/alerts', params: { ws } })
          client.removeQueries({ queryKey: [...alertsKey(ws), alert.id] })
          await client.invalidateQueries({ queryKey: alertsKey(ws) })
          toast(`${alert.name} is deleted`)
        }}
      >
        <p>Nobody is told any more. The owners hear of failing and paused destinations without it.</p>
      </Confirm>
    </Section>
  )
}
