import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type Fault, inWorkspace, read } from '../../../api/client'
import { partnerQuery } from '../../../api/queries'
import { Button, LinkButton } from '../../../kit/button'
import { Code, Id } from '../../../kit/copy'
import { Confirm } from '../../../kit/dialog'
import { Actions, Form, Select, Summary, TextArea, TextField } from '../../../kit/fields'
import { failureFaults, useApiForm } from '../../../kit/form'
import { Body, Note, Section, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { type Install, type Integration, integrationKey, integrationQuery, integrationsQuery } from '../data'
import css from '../portal.module.css'
import { useInstalls } from './installs'

/** Add to workspace, rename, withdraw, delete. */
export function IntegrationSettings() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Settings', slug)
  const { integration, etag } = useQuery(integrationQuery(slug)).data!
  return (
    <Body>
      <AddToWorkspace integration={integration} />
      {integration.status === 'PRIVATE_BETA' && (
        <Section
          title="Install link"
          sub="Whoever has it can add the source to a workspace, while it is in no catalog yet."
        >
          <Code label="Install link" text={`${location.origin}/goto-my-workspace/sources/catalog/${slug}`} />
        </Section>
      )}
      <Rename key={integration.name} integration={integration} etag={etag} />
      <Remove integration={integration} etag={etag} />
    </Body>
  )
}

function AddToWorkspace({ integration }: { integration: Integration }) {
  const { slug } = integration
  const client = useQueryClient()
  const { workspaces, installs } = useInstalls(slug)
  const [chosen, setChosen] = useState('')
  const [busy, setBusy] = useState(false)
  const [faults, setFaults] = useState<Fault[]>([])
  const [opened, setOpened] = useState<{ workspace: string; path: string } | null>(null)
  const [removed, setRemoved] = useState<Install | null>(null)
  const workspace = chosen || workspaces[0]?.slug || ''
  const add = async () => {
    setBusy(true)
    setFaults([])
    // Opened by the press itself, since browsers refuse windows that open later.
    const tab = window.open('', '_blank')
    try {
      const made = await read(
        api.POST('/integrations/{integrationId}/workspaces', {
          params: { path: { integrationId: slug } },
          body: { workspace },
        }),
      )
      const { pathname, search } = new URL(made.configurationUrl)
      if (tab) tab.location.href = pathname + search
      setOpened({ workspace: made.workspaceSlug, path: pathname + search })
      toast(`Added to ${made.workspaceSlug}`)
      await client.invalidateQueries({ queryKey: integrationKey(slug) })
    } catch (error) {
      tab?.close()
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section title="Add to workspace" sub="Try your source in a real workspace before anyone else sees it.">
      <Summary faults={faults} />
      {workspaces.length === 0 ? (
        <Note>
          <span>You are in no workspace yet.</span>
          <LinkButton to="/workspaces/new" small>
            Create a test workspace
          </LinkButton>
        </Note>
      ) : (
        <Form
          onSubmit={(event) => {
            event.preventDefault()
            void add()
          }}
        >
          <div className={css.pair}>
            <Select
              label="Workspace"
              hint="It opens in a new tab, on the configuration page of your source."
              value={workspace}
              onChange={(event) => setChosen(event.target.value)}
            >
              {workspaces.map(({ slug, name }) => (
                <option key={slug} value={slug}>
                  {name} ({slug})
                </option>
              ))}
            </Select>
          </div>
          <Actions>
            <Button type="submit" look="primary" busy={busy}>
              Add to workspace
            </Button>
            <Link to="/workspaces/new">Create a test workspace</Link>
          </Actions>
        </Form>
      )}
      {opened && (
        <Note tone="ok">
          <span>
            Added to <code>{opened.workspace}</code>; it opened in a new tab.
          </span>
          <a href={opened.path} target="_blank" rel="noreferrer">
            Open it again
          </a>
        </Note>
      )}
      {installs.data && installs.data.length > 0 && (
        <Table
          label="In use by"
          rows={installs.data}
          id={({ source }) => source.id}
          columns={[
            {
              head: 'in use by',
              cell: ({ workspace, source }) => <Name below={source.slug}>{workspace.name}</Name>,
            },
            {
              head: 'workspace ID',
              cell: ({ workspace }) => <Id value={workspace.id} what="workspace ID" />,
            },
            { head: 'added', cell: ({ source }) => <Time at={source.createdAt} /> },
            { head: 'last event', cell: ({ source }) => <Time at={source.lastDataAt} /> },
            {
              head: '',
              cell: (install) => (
                <span className={css.buttons}>
                  <LinkButton
                    small
                    to="/w/$ws/sources/$source/overview"
                    params={{ ws: install.workspace.slug, source: install.source.slug }}
                  >
                    Open
                  </LinkButton>
                  <Button small look="quiet" onClick={() => setRemoved(install)}>
                    Remove
                  </Button>
                </span>
              ),
            },
          ]}
        />
      )}
      <Confirm
        title={`Remove ${removed?.source.name} from ${removed?.workspace.name}?`}
        open={removed !== null}
        onClose={() => setRemoved(null)}
        action="Remove from workspace"
        typed={removed?.source.slug}
        run={async () => {
          await read(
            api.DELETE('/sources/{sourceId}', {
              params: {
                path: { sourceId: removed!.source.id },
                query: { confirm: removed!.source.slug },
                header: inWorkspace(removed!.workspace.slug),
              },
            }),
          )
          await client.invalidateQueries({ queryKey: integrationKey(slug) })
          toast('Removed from the workspace')
        }}
      >
        <p>Its write key stops working at once, and what still waits to be delivered from it is not sent.</p>
      </Confirm>
    </Section>
  )
}

function Rename({ integration, etag }: { integration: Integration; etag: string }) {
  const client = useQueryClient()
  const form = useApiForm({
    values: { name: integration.name },
    send: async ({ name }) => {
      await read(
        api.PATCH('/integrations/{integrationId}', {
          params: { path: { integrationId: integration.slug }, header: { 'If-Match': etag } },
          body: { name },
        }),
      )
      await client.invalidateQueries({ queryKey: integrationKey(integration.slug) })
      await client.invalidateQueries({ queryKey: integrationsQuery.queryKey })
      toast('The name is changed')
    },
  })
  const frozen = integration.status === 'PRIVATE_SUBMITTED' || integration.status === 'UNAVAILABLE'
  return (
    <Section title="Name">
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="Name"
          disabled={frozen}
          hint={
            frozen
              ? 'It cannot be changed while the source is in review or removed.'
              : integration.publishedAt
                ? 'The name that customers read changes with the next review.'
                : 'How customers know your product.'
          }
          count={{ text: form.watch('name'), most: 60 }}
          error={form.errors.name?.message}
          {...form.register('name', { required: 'A name is needed.' })}
        />
        <TextField
          label="Slug"
          mono
          readOnly
          value={integration.slug}
          hint={
            <>
              Never changes; your product sends it as <code>context.integration.name</code>.
            </>
          }
        />
        <Actions>
          <Button type="submit" busy={form.busy} disabled={frozen}>
            Save name
          </Button>
        </Actions>
      </Form>
    </Section>
  )
}

function Remove({ integration, etag }: { integration: Integration; etag: string }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const partner = useQuery(partnerQuery).data
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('It is no longer needed.')
  const allowed = integration.allowed.includes('remove')
  const why =
    integration.status !== 'PRIVATE_BUILDING'
      ? 'Only an operator can remove what was submitted or published.'
      : partner?.role !== 'admin'
        ? 'Only admins of your team can do this.'
        : null
  return (
    <Section title="Remove integration">
      <p>
        It is given up: nobody can edit or add it any more. Its slug stays taken, and an operator can bring it
        back.
      </p>
      <Actions>
        <Button look="danger" disabled={!allowed} aria-describedby="remove-why" onClick={() => setOpen(true)}>
          Remove integration
        </Button>
        {!allowed && (
          <span id="remove-why" className={css.hint}>
            {why ?? 'It cannot be removed now.'}
          </span>
        )}
      </Actions>
      <Confirm
        title={`Remove ${integration.name}?`}
        open={open}
        onClose={() => setOpen(false)}
        action="Remove integration"
        typed={integration.slug}
        run={async () => {
          await read(
            api.DELETE('/integrations/{integrationId}', {
              params: { path: { integrationId: integration.slug }, header: { 'If-Match': etag } },
              body: { reason },
            }),
          )
          await client.invalidateQueries({ queryKey: integrationsQuery.queryKey })
          toast(`${integration.name} is removed`)
          await navigate({ to: '/dev-portal/integrations', search: {} })
        }}
      >
        <div className={css.fieldset}>
          <p>Workspaces that it was added to keep their sources, and receive what is sent to them.</p>
          <TextArea
            label="Why"
            rows={2}
            style={{ minBlockSize: 60 }}
            hint="For the history."
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
      </Confirm>
    </Section>
  )
}
