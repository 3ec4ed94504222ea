import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type Fault, inWorkspace, read } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Actions, Form, Select, Summary } from '../../../../kit/fields'
import { failureFaults } from '../../../../kit/form'
import { Loaded } from '../../../../kit/loaded'
import { Muted, Panel, Section } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { labelsQuery, SOURCE_ADMINS_ONLY } from '../../data'
import { mayAdminister, type Source } from '../source'

/** One value for each key of the workspace's labels. */
export function SourceLabels({ ws, source }: { ws: string; source: Source }) {
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
