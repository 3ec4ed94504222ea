import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiFailure, api, type Fault, inWorkspace, readTagged } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Actions, Form, Summary } from '../../../../kit/fields'
import { failureFaults } from '../../../../kit/form'
import { draftOf, OptionFields, settingsOf } from '../../../../kit/options-form'
import { Panel, Section } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { ChangedMeanwhile, useVersion } from '../../changed'
import { SOURCE_ADMINS_ONLY, sourceQuery } from '../../data'
import { mayAdminister, type Source } from '../source'

/** Form of the options that the catalog entry asks for. */
export function Options({ ws, source, etag }: { ws: string; source: Source; etag: string }) {
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
