import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read, readTagged } from '../../../api/client'
import { Button, LinkButton } from '../../../kit/button'
import { Id } from '../../../kit/copy'
import { fileStamp, save } from '../../../kit/csv'
import { Confirm } from '../../../kit/dialog'
import { Actions, Form, Summary, TextArea, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { useApiForm } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Pairs, Panel, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { exactly } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { ChangedMeanwhile, useVersion } from '../changed'
import { type Plan, planQuery, usePlanRefusal } from './data'

/** Name, files, the end of a plan. */
export function PlanSettings() {
  const { ws, plan: slug } = getRouteApi('/w/$ws/tracking-plans/$plan/settings').useParams()
  const about = useQuery(planQuery(ws, slug))
  useTitle('Settings', slug, ws)
  return (
    <Body>
      <Loaded query={about}>
        {({ plan, etag }) => (
          <>
            <Basic ws={ws} plan={plan} etag={etag} key={plan.id} />
            <Files ws={ws} plan={plan} />
            <Section title="Identifiers">
              <Panel>
                <Pairs
                  of={[
                    ['Tracking plan ID', <Id key="id" value={plan.id} what="tracking plan ID" />],
                    ['Slug', <Id key="slug" value={plan.slug} what="slug" whole />],
                    ['Created', exactly(plan.createdAt)],
                  ]}
                />
              </Panel>
            </Section>
            <Delete ws={ws} plan={plan} />
          </>
        )}
      </Loaded>
    </Body>
  )
}

function Basic({ ws, plan, etag }: { ws: string; plan: Plan; etag: string }) {
  const client = useQueryClient()
  const description = plan.description ?? ''
  const refused = usePlanRefusal(ws)
  const version = useVersion([plan.name, description], etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: { name: plan.name, description },
    send: async (values) => {
      try {
        const { etag: next } = await readTagged(
          api.PATCH('/tracking-plans/{trackingPlanId}', {
            params: {
              path: { trackingPlanId: plan.slug },
              header: { ...inWorkspace(ws), 'If-Match': version.seen() },
            },
            body: values,
          }),
        )
        version.adopt([values.name, values.description], next)
        await client.invalidateQueries({ queryKey: ['w', ws, 'plans'] })
        toast('The tracking plan is saved')
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...planQuery(ws, plan.slug), staleTime: 0 })
    version.adopt([found.plan.name, found.plan.description ?? ''], found.etag)
    setChanged(false)
    return found.plan
  }
  return (
    <Section title="Name">
      <Panel>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          {changed && (
            <ChangedMeanwhile
              load={async () => {
                const { name, description } = await latest()
                form.reset({ name, description: description ?? '' })
              }}
              keep={async () => void (await latest())}
            />
          )}
          <TextField
            label="Name"
            readOnly={!!refused}
            error={form.errors.name?.message}
            {...form.register('name', { required: 'A name is needed.' })}
          />
          <TextArea
            label="Description"
            optional
            rows={3}
            readOnly={!!refused}
            error={form.errors.description?.message}
            {...form.register('description')}
          />
          <Actions>
            <Button type="submit" look="primary" busy={form.busy} disabled={!!refused} title={refused}>
              Save
            </Button>
          </Actions>
        </Form>
      </Panel>
    </Section>
  )
}

function Files({ ws, plan }: { ws: string; plan: Plan }) {
  const refused = usePlanRefusal(ws)
  const load = (format: 'csv' | 'json') =>
    read(
      api.GET('/tracking-plans/{trackingPlanId}/export', {
        params: { path: { trackingPlanId: plan.slug }, query: { format }, header: inWorkspace(ws) },
        parseAs: 'blob',
      }),
    )
      .then((file) => save(`${ws}-${plan.slug}--${fileStamp(new Date())}.${format}`, file as unknown as Blob))
      .catch(toastRefusal)
  return (
    <Section
      title="Export and import"
      sub="A table for people with spreadsheets, or a plan as the API and the command line take it."
    >
      <Actions>
        <Button onClick={() => void load('csv')}>Export CSV</Button>
        <Button onClick={() => void load('json')}>Export JSON</Button>
        {!refused && (
          <LinkButton to="/w/$ws/tracking-plans/$plan/import" params={{ ws, plan: plan.slug }}>
            Import a file
          </LinkButton>
        )}
      </Actions>
    </Section>
  )
}

function Delete({ ws, plan }: { ws: string; plan: Plan }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const connected = plan.sources > 0
  const refused = usePlanRefusal(ws)
  const why = refused ?? (connected ? 'Disconnect its sources first.' : undefined)
  return (
    <Section title="Delete this tracking plan">
      <p>
        Its rules and all their versions are gone for good.
        {connected && ` ${plural(plan.sources, 'source is', 'sources are')} connected: disconnect first.`}
      </p>
      <Actions>
        <Button look="danger" disabled={why !== undefined} title={why} onClick={() => setAsking(true)}>
          Delete tracking plan
        </Button>
      </Actions>
      <Confirm
        title={`Delete ${plan.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete tracking plan"
        typed={plan.slug}
        run={async () => {
          const { etag } = await client.fetchQuery({ ...planQuery(ws, plan.slug), staleTime: 0 })
          await read(
            api.DELETE('/tracking-plans/{trackingPlanId}', {
              params: {
                path: { trackingPlanId: plan.slug },
                header: { ...inWorkspace(ws), 'If-Match': etag },
              },
            }),
          )
          await navigate({ to: '/w/$ws/tracking-plans', params: { ws } })
          client.removeQueries({ queryKey: ['w', ws, 'plans', plan.slug] })
          await client.invalidateQueries({ queryKey: ['w', ws, 'plans', 'all'] })
          toast(`${plan.name} is deleted`)
        }}
      >
        <p>
          {plural(plan.rules, 'rule')} and {plural(plan.revision, 'version')} go with it. Export it first if
          you may need it again.
        </p>
      </Confirm>
    </Section>
  )
}
