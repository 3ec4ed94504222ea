import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read, readTagged, type Shapes } from '../../../api/client'
import { workspaceQuery, workspacesQuery } from '../../../api/queries'
import { Button } from '../../../kit/button'
import { Id } from '../../../kit/copy'
import { Confirm } from '../../../kit/dialog'
import { Actions, Form, Summary, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { useApiForm } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Muted, PageHead, Pairs, Panel, Section, useTitle } from '../../../kit/page'
import { toast } from '../../../kit/toast'
import { LAST_WORKSPACE } from '../../public/home'
import { ChangedMeanwhile, useVersion } from '../changed'
import { destinationsQuery, OWNERS_ONLY, sourcesQuery, useOwner } from '../data'

/** What the workspace is called, its id, and its end. */
export function WorkspaceGeneral() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const workspace = useQuery(workspaceQuery(ws))
  const owner = useOwner(ws)
  useTitle('General', ws)
  return (
    <>
      <PageHead title="General" />
      <Body>
        <Loaded query={workspace}>
          {({ workspace: about, etag }) => (
            <>
              <Section title="Name">
                <Panel>
                  <Names ws={ws} workspace={about} etag={etag} owner={owner} key={about.id} />
                </Panel>
              </Section>
              <Section title="Identifiers">
                <Panel>
                  <Pairs
                    of={[
                      ['Workspace ID', <Id key="id" value={about.id} what="workspace ID" whole />],
                      ['Slug', <Id key="slug" value={about.slug} what="slug" whole />],
                    ]}
                  />
                </Panel>
              </Section>
              <Leave ws={ws} workspace={about} />
              <Delete ws={ws} workspace={about} owner={owner} />
            </>
          )}
        </Loaded>
      </Body>
    </>
  )
}

type Workspace = Shapes['WorkspaceView']

function Names({
  ws,
  workspace,
  etag,
  owner,
}: {
  ws: string
  workspace: Workspace
  etag: string
  owner: boolean | undefined
}) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const version = useVersion([workspace.name, workspace.slug], etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: { name: workspace.name, slug: workspace.slug },
    send: async (values) => {
      try {
        const saved = await readTagged(
          api.PATCH('/', {
            params: { header: { ...inWorkspace(ws), 'If-Match': version.seen() } },
            body: values,
          }),
        )
        const { name, slug } = saved.value.workspace
        version.adopt([name, slug], saved.etag)
        await client.invalidateQueries({ queryKey: workspacesQuery.queryKey })
        if (slug !== ws) {
          await navigate({ to: '/w/$ws/settings/general', params: { ws: slug }, replace: true })
          client.removeQueries({ queryKey: ['w', ws] })
        } else await client.invalidateQueries({ queryKey: ['w', ws, 'workspace'] })
        toast('The workspace is saved')
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...workspaceQuery(ws), staleTime: 0 })
    version.adopt([found.workspace.name, found.workspace.slug], found.etag)
    setChanged(false)
    return found.workspace
  }
  const renamed = form.watch('slug') !== workspace.slug
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      {changed && (
        <ChangedMeanwhile
          load={async () => {
            const { name, slug } = await latest()
            form.reset({ name, slug })
          }}
          keep={latest}
        />
      )}
      <TextField
        label="Name"
        readOnly={!owner}
        error={form.errors.name?.message}
        {...form.register('name', { required: 'A name is needed.' })}
      />
      <TextField
        label="Slug"
        mono
        readOnly={!owner}
        hint={
          renamed
            ? `Addresses of these pages, and of API calls that name the workspace "${workspace.slug}", stop working at once. Sources, their write keys and tokens are not touched.`
            : 'Used in addresses and by the API, and unique in this installation.'
        }
        error={form.errors.slug?.message}
        {...form.register('slug', { required: 'A slug is needed.' })}
      />
      <Actions>
        <Button
          type="submit"
          look="primary"
          busy={form.busy}
          disabled={owner === false}
          title={owner === false ? OWNERS_ONLY : undefined}
        >
          Save
        </Button>
        {owner === false && <Muted>{OWNERS_ONLY}</Muted>}
      </Actions>
    </Form>
  )
}

function Leave({ ws, workspace }: { ws: string; workspace: Workspace }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  return (
    <Section title="Leave this workspace">
      <p>You lose what you may do here. Its sources and data stay; an owner can invite you again.</p>
      <Actions>
        <Button onClick={() => setAsking(true)}>Leave workspace</Button>
      </Actions>
      <Confirm
        title={`Leave ${workspace.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Leave"
        run={async () => {
          await read(api.DELETE('/users/me', { params: { header: inWorkspace(ws) } }))
          localStorage.removeItem(LAST_WORKSPACE)
          await client.invalidateQueries({ queryKey: workspacesQuery.queryKey })
          await navigate({ to: '/' })
          client.removeQueries({ queryKey: ['w', ws] })
          toast(`You left ${workspace.name}`)
        }}
      >
        <p>You will not see this workspace any more. Only an owner can let you in again.</p>
      </Confirm>
    </Section>
  )
}

function Delete({ ws, workspace, owner }: { ws: string; workspace: Workspace; owner: boolean | undefined }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const sources = useQuery(sourcesQuery(ws)).data?.total
  const destinations = useQuery(destinationsQuery(ws)).data?.total
  return (
    <Section title="Delete this workspace">
      <p>
        Everything in it goes: sources, write keys, destinations, members, tokens. Nothing brings it back.
      </p>
      <Actions>
        <Button
          look="danger"
          disabled={owner === false}
          title={owner === false ? OWNERS_ONLY : undefined}
          onClick={() => setAsking(true)}
        >
          Delete workspace
        </Button>
        {owner === false && <Muted>{OWNERS_ONLY}</Muted>}
      </Actions>
      <Confirm
        title={`Delete ${workspace.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete workspace"
        typed={workspace.slug}
        run={async () => {
          await read(
            api.DELETE('/', {
              params: { header: inWorkspace(ws) },
              body: { slug: workspace.slug },
            }),
          )
          localStorage.removeItem(LAST_WORKSPACE)
          await client.invalidateQueries({ queryKey: workspacesQuery.queryKey })
          await navigate({ to: '/' })
          client.removeQueries({ queryKey: ['w', ws] })
          toast(`${workspace.name} is deleted`)
        }}
      >
        <p>
          {plural(sources ?? 0, 'source stops', 'sources stop')} taking data and{' '}
          {plural(destinations ?? 0, 'destination stops', 'destinations stop')} receiving it, at once and for
          good.
        </p>
      </Confirm>
    </Section>
  )
}
