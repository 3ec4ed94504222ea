import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ApiFailure, api, type Fault, inWorkspace, readTagged } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Actions, Pick, Summary } from '../../../../kit/fields'
import { failureFaults } from '../../../../kit/form'
import { Loaded } from '../../../../kit/loaded'
import { Muted, Panel, Section } from '../../../../kit/page'
import { Table } from '../../../../kit/table'
import { toast } from '../../../../kit/toast'
import { ChangedMeanwhile } from '../../changed'
import { SOURCE_ADMINS_ONLY } from '../../data'
import { CALLS, type Call, CONTROLS, type Controls, consequencesOf } from '../schema-words'
import { mayAdminister, type Source } from '../source'
import css from '../source.module.css'

type Settings = Record<Call, Controls>

/** What becomes of messages that break the source's tracking plan. */
export function SchemaSettings({ ws, source }: { ws: string; source: Source }) {
  const query = useQuery({
    queryKey: ['w', ws, 'sources', source.slug, 'schema-settings'],
    queryFn: async () => {
      const { value, etag } = await readTagged(
        api.GET('/sources/{sourceId}/settings', {
          params: { path: { sourceId: source.slug }, header: inWorkspace(ws) },
        }),
      )
      return { settings: value.settings as unknown as Settings, etag }
    },
  })
  return (
    <div id="schema-configuration">
      <Section
        title="Schema configuration"
        sub="What becomes of messages that break the connected tracking plan. Without a plan nothing is held back. Page and screen calls are judged and always go on."
      >
        <Loaded query={query}>
          {({ settings, etag }) => (
            <Editor
              key={source.id}
              ws={ws}
              source={source}
              settings={settings}
              etag={etag}
              load={query.refetch}
            />
          )}
        </Loaded>
      </Section>
    </div>
  )
}

function Editor({
  ws,
  source,
  settings,
  etag,
  load,
}: {
  ws: string
  source: Source
  settings: Settings
  etag: string
  load: () => Promise<{ data?: { settings: Settings; etag: string } }>
}) {
  const client = useQueryClient()
  const may = mayAdminister(source)
  const [draft, setDraft] = useState(settings)
  const [base, setBase] = useState({ settings, etag })
  const [faults, setFaults] = useState<Fault[]>([])
  const [changed, setChanged] = useState(false)
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLDivElement>(null)
  // The address may name this part of the page, which was not there when it was opened.
  useEffect(() => {
    if (location.hash === '#schema-configuration') form.current?.scrollIntoView({ block: 'center' })
  }, [])
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setFaults([])
    try {
      const answer = await readTagged(
        api.PATCH('/sources/{sourceId}/settings', {
          params: {
            path: { sourceId: source.slug },
            header: { ...inWorkspace(ws), 'If-Match': base.etag },
          },
          body: draft as never,
        }),
      )
      setBase({ settings: answer.value.settings as unknown as Settings, etag: answer.etag })
      await client.invalidateQueries({ queryKey: ['w', ws, 'sources', source.slug] })
      toast('The schema configuration is saved')
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 412) setChanged(true)
      else setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  const latest = async (keep: boolean) => {
    const { data } = await load()
    if (!data) return
    setBase(data)
    if (!keep) setDraft(data.settings)
    setChanged(false)
  }
  return (
    <Panel>
      <div ref={form}>
        <form className={css.wide} onSubmit={save} noValidate>
          <Summary faults={faults} />
          {changed && <ChangedMeanwhile load={() => latest(false)} keep={() => latest(true)} />}
          <Table
            label="Schema configuration"
            rows={[...CALLS]}
            id={(call) => call}
            columns={[
              {
                head: 'calls',
                cell: (call) => <strong>{call.charAt(0).toUpperCase() + call.slice(1)} calls</strong>,
              },
              ...CONTROLS.map((control) => ({
                head: control.head,
                cell: (call: Call) => {
                  const choices = control.choices(call)
                  if (choices.length === 1) return <Muted>{choices[0]!.label}</Muted>
                  return (
                    <Pick
                      aria-label={`${call}: ${control.head}`}
                      disabled={!may}
                      title={may ? undefined : SOURCE_ADMINS_ONLY}
                      value={control.read(call, draft[call])}
                      onChange={({ target }) =>
                        setDraft({
                          ...draft,
                          [call]: { ...draft[call], ...control.write(call, target.value) },
                        })
                      }
                    >
                      {choices.map(({ value, label }) => (
                        <option key={value} value={value}>
                          {label}
                        </option>
                      ))}
                    </Pick>
                  )
                },
              })),
            ]}
          />
          <Words settings={draft} />
          <Actions>
            <Button type="submit" busy={busy} disabled={!may} title={may ? undefined : SOURCE_ADMINS_ONLY}>
              Save schema configuration
            </Button>
          </Actions>
        </form>
      </div>
    </Panel>
  )
}

/** What the choices come to. */
function Words({ settings }: { settings: Settings }) {
  const all = CALLS.map((call) => ({ call, said: consequencesOf(call, settings[call]) })).filter(
    ({ said }) => said.length > 0,
  )
  if (all.length === 0)
    return <Muted>Everything goes on. What breaks the plan is counted under Violations.</Muted>
  return (
    <dl className={css.consequences} aria-live="polite">
      {all.map(({ call, said }) => (
        <div key={call}>
          <dt>{call}</dt>
          <dd>{said.join(' ')}</dd>
        </div>
      ))}
    </dl>
  )
}
