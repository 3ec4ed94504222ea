import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, type Fault, inWorkspace, read, readTagged } from '../../../api/client'
import { workspaceQuery } from '../../../api/queries'
import { Button } from '../../../kit/button'
import { Copy, Id } from '../../../kit/copy'
import { Confirm } from '../../../kit/dialog'
import { Actions, Form, Select, Summary, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults, useApiForm } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { draftOf, OptionFields, settingsOf } from '../../../kit/options-form'
import { Body, Muted, Note, Panel, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { ChangedMeanwhile, useVersion } from '../changed'
import { destinationsQuery, endpoint, labelsQuery, SOURCE_ADMINS_ONLY, sourceQuery } from '../data'
import { SecretKey } from './listening'
import { Maker } from './maker'
import { SchemaSettings } from './schema-settings'
import { isPrivate, mayAdminister, type Source } from './source'
import css from './source.module.css'

/** The configuration of a source: ids, write keys, what its maker asks for, name, labels, the end. */
export function SourceSettings() {
  const { ws, source: slug } = getRouteApi('/w/$ws/sources/$source/settings').useParams()
  const about = useQuery(sourceQuery(ws, slug))
  useTitle('Settings', slug, ws)
  return (
    <Body>
      <Loaded query={about}>
        {({ source, etag }) => (
          <>
            {isPrivate(source) && (
              <Note>
                <span>
                  <strong>Private:</strong> only members of this workspace and its maker,{' '}
                  <Maker source={source} />, see it.
                </span>
              </Note>
            )}
            {!mayAdminister(source) && (
              <Note tone="warn">You can look, not change. {SOURCE_ADMINS_ONLY}</Note>
            )}
            <Ids ws={ws} source={source} />
            <WriteKeys ws={ws} source={source} />
            {source.metadata.options.length > 0 && (
              <Options ws={ws} source={source} etag={etag} key={`options ${source.id}`} />
            )}
            <Basic ws={ws} source={source} etag={etag} key={`basic ${source.id}`} />
            <Retention ws={ws} source={source} etag={etag} key={`retention ${source.id}`} />
            <SchemaSettings ws={ws} source={source} key={`schema ${source.id}`} />
            <Labels ws={ws} source={source} key={`labels ${source.id}`} />
            <Delete ws={ws} source={source} />
          </>
        )}
      </Loaded>
    </Body>
  )
}

function Ids({ ws, source }: { ws: string; source: Source }) {
  const workspace = useQuery(workspaceQuery(ws)).data?.workspace
  return (
    <Section title="Identifiers" sub="What a product asks for when it sends to this source.">
      <Panel>
        <dl className={css.idRow}>
          <div>
            <dt>Workspace ID</dt>
            <dd>
              <Id value={source.workspaceId} what="workspace ID" whole />
              {workspace && <Muted>{workspace.name}</Muted>}
            </dd>
          </div>
          <div>
            <dt>Source ID</dt>
            <dd>
              <Id value={source.id} what="source ID" whole />
              <Muted>
                <code>projectId</code> in messages
              </Muted>
            </dd>
          </div>
          <div>
            <dt>Endpoint</dt>
            <dd>
              <code>{endpoint()}</code>
              <Copy text={endpoint()} what="endpoint" />
            </dd>
          </div>
        </dl>
      </Panel>
    </Section>
  )
}

function WriteKeys({ ws, source }: { ws: string; source: Source }) {
  const client = useQueryClient()
  const may = mayAdminister(source)
  const [busy, setBusy] = useState(false)
  const [revoked, setRevoked] = useState<{ writeKey: string; lastUsedAt?: string | null } | null>(null)
  const path = { sourceId: source.slug }
  const keys = useQuery({
    queryKey: ['w', ws, 'sources', source.slug, 'keys'],
    enabled: may,
    refetchInterval: 15_000,
    queryFn: async () =>
      (await read(api.GET('/sources/{sourceId}/writekey', { params: { path, header: inWorkspace(ws) } })))
        .writeKeys,
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
  const generate = async () => {
    setBusy(true)
    try {
      await read(api.POST('/sources/{sourceId}/writekey', { params: { path, header: inWorkspace(ws) } }))
      await refresh()
      toast('A new write key is there; it works within a second')
    } catch (error) {
      toastRefusal(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section
      title="API Keys"
      sub="A write key lets whoever has it send to this source, and nothing else. Several work side by side, so that one can be replaced without a pause."
      actions={
        <Button
          look="primary"
          busy={busy}
          disabled={!may}
          title={may ? undefined : SOURCE_ADMINS_ONLY}
          onClick={() => void generate()}
        >
          Generate New Key
        </Button>
      }
    >
      {!may ? (
        <Note>Write keys are only shown to a Source Admin of this source, or an owner of the workspace.</Note>
      ) : (
        <Loaded query={keys} rows={1}>
          {(writeKeys) => (
            <>
              <Table
                label="Write keys"
                rows={writeKeys}
                id={({ writeKey }) => writeKey}
                columns={[
                  {
                    head: 'write key',
                    cell: ({ writeKey }) => (
                      <span className={css.keyRow}>
                        <SecretKey value={writeKey} />
                      </span>
                    ),
                  },
                  { head: 'made', cell: ({ createdAt }) => <Time at={createdAt} /> },
                  { head: 'last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                  {
                    head: '',
                    number: true,
                    cell: (key) => (
                      <Button
                        small
                        look="danger"
                        disabled={writeKeys.length === 1}
                        title={
                          writeKeys.length === 1
                            ? 'The last key cannot be revoked. Generate another one first, or disable the source.'
                            : undefined
                        }
                        onClick={() => setRevoked(key)}
                      >
                        Revoke
                      </Button>
                    ),
                  },
                ]}
              />
              {writeKeys.length === 1 && (
                <Muted>
                  The last key cannot be revoked: generate another one first, or disable the source.
                </Muted>
              )}
            </>
          )}
        </Loaded>
      )}
      <Confirm
        title="Revoke this write key?"
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        action="Revoke"
        typed={revoked?.writeKey.slice(0, 6)}
        run={async () => {
          await read(
            api.DELETE('/sources/{sourceId}/writekey/{writeKey}', {
              params: { path: { ...path, writeKey: revoked!.writeKey }, header: inWorkspace(ws) },
            }),
          )
          await refresh()
          toast('The write key is revoked')
        }}
      >
        <p>
          Whatever still sends with it is answered with success, and its messages go nowhere. Nothing brings
          the key back.
        </p>
        <p>
          Last used: <Time at={revoked?.lastUsedAt} />
        </p>
      </Confirm>
    </Section>
  )
}

/** Form of the options that the catalog entry asks for. */
function Options({ ws, source, etag }: { ws: string; source: Source; etag: string }) {
  const client = useQueryClient()
  const { options, name } = source.metadata
  const settings = source.settings as Record<string, unknown>
  const may = mayAdminister(source)
  const [draft, setDraft] = useState(() => draftOf(options, settings))
  const version = useVersion(settings, etag)
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const [changed, setChanged] = useState(false)
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    const asked = settingsOf(options, draft, settings)
    setFaults(asked.faults)
    if (asked.faults.length > 0 || busy) return
    setBusy(true)
    try {
      const saved = await readTagged(
        api.PATCH('/sources/{sourceId}', {
          params: {
            path: { sourceId: source.slug },
            header: { ...inWorkspace(ws), 'If-Match': version.seen() },
          },
          body: { settings: asked.settings as Record<string, never> },
        }),
      )
      version.adopt(saved.value.source.settings, saved.etag)
      setDraft(draftOf(options, saved.value.source.settings as Record<string, unknown>))
      await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
      toast('The settings are saved')
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 412) setChanged(true)
      else setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  const elsewhere = faults.filter(({ pointer }) => !pointer?.startsWith('/settings/'))
  return (
    <Section title="Settings" sub={`What ${name} asks for.`}>
      <Panel>
        <Form onSubmit={save}>
          <Summary faults={elsewhere} />
          {changed && (
            <ChangedMeanwhile
              load={async () => {
                const latest = await client.fetchQuery({ ...sourceQuery(ws, source.slug), staleTime: 0 })
                version.adopt(latest.source.settings, latest.etag)
                setDraft(draftOf(options, latest.source.settings as Record<string, unknown>))
                setChanged(false)
              }}
              keep={async () => {
                const latest = await client.fetchQuery({ ...sourceQuery(ws, source.slug), staleTime: 0 })
                version.adopt(latest.source.settings, latest.etag)
                setChanged(false)
              }}
            />
          )}
          <OptionFields
            options={options}
            draft={draft}
            onChange={setDraft}
            faults={faults}
            before={settings}
          />
          <Actions>
            <Button type="submit" busy={busy} disabled={!may} title={may ? undefined : SOURCE_ADMINS_ONLY}>
              Save settings
            </Button>
          </Actions>
        </Form>
      </Panel>
    </Section>
  )
}

function Basic({ ws, source, etag }: { ws: string; source: Source; etag: string }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const may = mayAdminister(source)
  const version = useVersion([source.name, source.slug], etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: { name: source.name, slug: source.slug },
    send: async (values) => {
      try {
        const { value, etag: next } = await readTagged(
          api.PATCH('/sources/{sourceId}', {
            params: {
              path: { sourceId: source.slug },
              header: { ...inWorkspace(ws), 'If-Match': version.seen() },
            },
            body: values,
          }),
        )
        version.adopt([value.source.name, value.source.slug], next)
        if (value.source.slug !== source.slug) {
          await navigate({
            to: '/w/$ws/sources/$source/settings',
            params: { ws, source: value.source.slug },
            replace: true,
          })
        }
        await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
        toast('The source is saved')
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...sourceQuery(ws, source.slug), staleTime: 0 })
    version.adopt([found.source.name, found.source.slug], found.etag)
    setChanged(false)
    return found.source
  }
  return (
    <Section title="Name">
      <Panel>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          {changed && (
            <ChangedMeanwhile
              load={async () => {
                const { name, slug } = await latest()
                form.reset({ name, slug })
              }}
              keep={async () => void (await latest())}
            />
          )}
          <TextField
            label="Name"
            readOnly={!may}
            error={form.errors.name?.message}
            {...form.register('name', { required: 'A name is needed.' })}
          />
          <TextField
            label="Slug"
            mono
            readOnly={!may}
            hint="Used in addresses. Links to the old one stop working; write keys and the source ID stay."
            error={form.errors.slug?.message}
            {...form.register('slug', { required: 'A slug is needed.' })}
          />
          <Actions>
            <Button
              type="submit"
              busy={form.busy}
              disabled={!may}
              title={may ? undefined : SOURCE_ADMINS_ONLY}
            >
              Save name
            </Button>
          </Actions>
        </Form>
      </Panel>
    </Section>
  )
}

/** How long what it receives can be looked at and replayed. */
function Retention({ ws, source, etag }: { ws: string; source: Source; etag: string }) {
  const client = useQueryClient()
  const may = mayAdminister(source)
  const version = useVersion(source.retentionDays ?? null, etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: { retentionDays: typedDays(source) },
    send: async ({ retentionDays }) => {
      try {
        const { value, etag: next } = await readTagged(
          api.PATCH('/sources/{sourceId}', {
            params: {
              path: { sourceId: source.slug },
              header: { ...inWorkspace(ws), 'If-Match': version.seen() },
            },
            body: { retentionDays: daysOf(retentionDays) },
          }),
        )
        version.adopt(value.source.retentionDays ?? null, next)
        await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
        toast(
          value.source.retentionDays
            ? `Messages are kept for ${plural(value.source.retentionDays, 'day')}`
            : 'Messages are kept as long as all others',
        )
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...sourceQuery(ws, source.slug), staleTime: 0 })
    version.adopt(found.source.retentionDays ?? null, found.etag)
    setChanged(false)
    return found.source
  }
  return (
    <Section title="Retention" sub="How long its messages can be seen in the Debugger, traced and replayed.">
      <Panel>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          {changed && (
            <ChangedMeanwhile
              load={async () => form.reset({ retentionDays: typedDays(await latest()) })}
              keep={async () => void (await latest())}
            />
          )}
          <TextField
            label="Days"
            inputMode="numeric"
            autoComplete="off"
            optional
            readOnly={!may}
            hint="Empty: as long as this installation keeps all others. With fewer days, older messages are erased soon after you save, for good."
            error={form.errors.retentionDays?.message}
            {...form.register('retentionDays', {
              validate: (typed) =>
                daysOf(typed) === null || Number.isInteger(daysOf(typed)) || 'This is not a whole number.',
            })}
          />
          <Actions>
            <Button
              type="submit"
              busy={form.busy}
              disabled={!may}
              title={may ? undefined : SOURCE_ADMINS_ONLY}
            >
              Save retention
            </Button>
          </Actions>
        </Form>
      </Panel>
    </Section>
  )
}

const typedDays = ({ retentionDays }: Source) => (retentionDays ? String(retentionDays) : '')
const daysOf = (typed: string) => (typed.trim() === '' ? null : Number(typed))

/** One value for each key of the workspace's labels. */
function Labels({ ws, source }: { ws: string; source: Source }) {
  const client = useQueryClient()
  const may = mayAdminister(source)
  const labels = useQuery(labelsQuery(ws))
  const [chosen, setChosen] = useState(() =>
    Object.fromEntries(source.labels.map(({ key, value }) => [key, value])),
  )
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setFaults([])
    try {
      await read(
        api.PUT('/sources/{sourceId}/labels', {
          params: { path: { sourceId: source.slug }, header: inWorkspace(ws) },
          body: {
            labels: Object.entries(chosen)
              .filter(([, value]) => value)
              .map(([key, value]) => ({ key, value })),
          },
        }),
      )
      await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
      toast('The labels are saved')
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section title="Labels" sub="They sort sources, and permissions can be limited to them.">
      <Panel>
        <Loaded query={labels} rows={1}>
          {(all) => {
            const keys = [...new Set(all.map(({ key }) => key))]
            if (keys.length === 0)
              return <Muted>This workspace has no labels. Its owners can make some.</Muted>
            return (
              <Form onSubmit={save}>
                <Summary faults={faults} />
                {keys.map((key) => (
                  <Select
                    key={key}
                    label={key}
                    disabled={!may}
                    value={chosen[key] ?? ''}
                    onChange={(event) => setChosen({ ...chosen, [key]: event.target.value })}
                  >
                    <option value="">none</option>
                    {all
                      .filter((label) => label.key === key)
                      .map(({ value, description }) => (
                        <option key={value} value={value}>
                          {description ? `${value} (${description})` : value}
                        </option>
                      ))}
                  </Select>
                ))}
                <Actions>
                  <Button
                    type="submit"
                    busy={busy}
                    disabled={!may}
                    title={may ? undefined : SOURCE_ADMINS_ONLY}
                  >
                    Save labels
                  </Button>
                </Actions>
              </Form>
            )
          }}
        </Loaded>
      </Panel>
    </Section>
  )
}

function Delete({ ws, source }: { ws: string; source: Source }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const may = mayAdminister(source)
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const connected = destinations.filter(({ sourceId }) => sourceId === source.id)
  return (
    <Section title="Delete this source">
      <p>
        Its write keys stop working
        {connected.length > 0 &&
          `, ${plural(connected.length, 'destination goes', 'destinations go')} with it`}
        , and its data can no longer be looked at. To stop it for a while, disable it instead.
      </p>
      <Actions>
        <Button
          look="danger"
          disabled={!may}
          title={may ? undefined : SOURCE_ADMINS_ONLY}
          onClick={() => setAsking(true)}
        >
          Delete source
        </Button>
      </Actions>
      <Confirm
        title={`Delete ${source.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete source"
        typed={source.slug}
        run={async () => {
          await read(
            api.DELETE('/sources/{sourceId}', {
              params: {
                path: { sourceId: source.slug },
                query: { confirm: source.slug },
                header: inWorkspace(ws),
              },
            }),
          )
          await navigate({ to: '/w/$ws/sources', params: { ws } })
          client.removeQueries({ queryKey: ['w', ws, 'sources', source.slug] })
          await client.invalidateQueries({ queryKey: ['w', ws] })
          toast(`${source.name} is deleted`)
        }}
      >
        <p>What stops at once, for good:</p>
        <ul className={css.stops}>
          <li>
            {plural(source.writeKeys.length, 'write key')}: what is still sent with{' '}
            {source.writeKeys.length === 1 ? 'it' : 'them'} goes nowhere
          </li>
          {connected.map(({ id, name }) => (
            <li key={id}>
              destination <strong>{name}</strong>, with what is still pending for it
            </li>
          ))}
        </ul>
      </Confirm>
    </Section>
  )
}
