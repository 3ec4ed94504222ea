import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm } from '../../../kit/dialog'
import { Actions, Form, Summary, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { useApiForm } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Columns, Empty, Muted, Note, PageHead, Panel, Section, useTitle } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { toast } from '../../../kit/toast'
import { labelsQuery, OWNERS_ONLY, sourcesQuery, useOwner } from '../data'

/** The labels that sources may carry. */
export function Labels() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const client = useQueryClient()
  const owner = useOwner(ws)
  const labels = useQuery(labelsQuery(ws))
  const sources = useQuery(sourcesQuery(ws)).data?.sources ?? []
  const [deleted, setDeleted] = useState<Shapes['LabelView'] | null>(null)
  useTitle('Labels', ws)
  const carried = (label: { key: string; value: string }) =>
    sources.filter((source) =>
      source.labels.some(({ key, value }) => key === label.key && value === label.value),
    ).length
  return (
    <>
      <PageHead
        title="Labels"
        sub="A source carries at most one value of each key. They sort the sources, and permissions can be limited to them."
      />
      <Body>
        <Columns
          side={
            <Section title="New label">
              <Panel>
                <New ws={ws} owner={owner} />
              </Panel>
            </Section>
          }
        >
          {owner === false && (
            <Note tone="warn">Only an owner of the workspace makes and deletes labels.</Note>
          )}
          <Loaded query={labels}>
            {(all) =>
              all.length === 0 ? (
                <Empty title="No labels">
                  <p>
                    Make one for what tells your sources apart, such as <code>environment:prod</code>.
                  </p>
                </Empty>
              ) : (
                <Table
                  label="Labels"
                  rows={all}
                  id={({ key, value }) => `${key}:${value}`}
                  columns={[
                    { head: 'label', cell: ({ key, value }) => <Badge>{`${key}:${value}`}</Badge> },
                    { head: 'description', cell: ({ description }) => <Muted>{description}</Muted> },
                    {
                      head: 'in use',
                      cell: (label) => {
                        const many = carried(label)
                        return many === 0 ? (
                          <Muted>by no source</Muted>
                        ) : (
                          <Link
                            to="/w/$ws/sources"
                            params={{ ws }}
                            search={{ label: `${label.key}:${label.value}` }}
                          >
                            {plural(many, 'source')}
                          </Link>
                        )
                      },
                    },
                    {
                      head: '',
                      number: true,
                      cell: (label) => {
                        const many = carried(label)
                        const why =
                          owner === false
                            ? OWNERS_ONLY
                            : many > 0
                              ? `${plural(many, 'source carries', 'sources carry')} it. Take it off first.`
                              : undefined
                        return (
                          <Button
                            small
                            look="danger"
                            disabled={why !== undefined}
                            title={why}
                            onClick={() => setDeleted(label)}
                          >
                            Delete
                          </Button>
                        )
                      },
                    },
                  ]}
                />
              )
            }
          </Loaded>
        </Columns>
      </Body>
      <Confirm
        title={`Delete ${deleted?.key}:${deleted?.value}?`}
        open={deleted !== null}
        onClose={() => setDeleted(null)}
        action="Delete"
        run={async () => {
          await read(
            api.DELETE('/labels/{key}/{value}', {
              params: { path: { key: deleted!.key, value: deleted!.value }, header: inWorkspace(ws) },
            }),
          ).catch((error) => {
            // Another owner was faster: it is gone, as was wanted.
            if (!(error instanceof ApiFailure && error.status === 404)) throw error
          })
          await client.invalidateQueries({ queryKey: labelsQuery(ws).queryKey })
          toast('The label is deleted')
        }}
      >
        <p>A label that a source carries, or that a permission is limited to, cannot be deleted.</p>
      </Confirm>
    </>
  )
}

function New({ ws, owner }: { ws: string; owner: boolean | undefined }) {
  const client = useQueryClient()
  const form = useApiForm({
    values: { key: '', value: '', description: '' },
    field: (pointer) => pointer.replace(/^\/label\//, ''),
    send: async ({ key, value, description }) => {
      await read(
        api.POST('/labels', {
          params: { header: inWorkspace(ws) },
          body: { label: { key, value, description: description || null } },
        }),
      )
      await client.invalidateQueries({ queryKey: labelsQuery(ws).queryKey })
      form.reset()
      toast(`${key}:${value} can be given to sources`)
    },
  })
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <TextField
        label="Key"
        mono
        autoComplete="off"
        hint="Begins with a letter; then letters, digits, - and _."
        error={form.errors.key?.message}
        {...form.register('key', { required: 'A key is needed, such as "environment".' })}
      />
      <TextField
        label="Value"
        mono
        autoComplete="off"
        error={form.errors.value?.message}
        {...form.register('value', { required: 'A value is needed, such as "prod".' })}
      />
      <TextField
        label="Description"
        optional
        error={form.errors.description?.message}
        {...form.register('description')}
      />
      <Actions>
        <Button
          type="submit"
          look="primary"
          busy={form.busy}
          disabled={owner === false}
          title={owner === false ? OWNERS_ONLY : undefined}
        >
          Create label
        </Button>
      </Actions>
    </Form>
  )
}
