import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, type Fault, inWorkspace, read, readTagged, type Shapes } from '../../../api/client'
import { accountQuery, workspaceQuery } from '../../../api/queries'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm, Dialog } from '../../../kit/dialog'
import { Actions, Summary, TextField, toldHere } from '../../../kit/fields'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Muted, Note, PageHead, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { ChangedMeanwhile } from '../changed'
import { membersQuery, OWNERS_ONLY } from '../data'
import { Grants, InWords } from './grants'
import { type Grant, grantsOf, permissionsOf } from './permissions'
import css from './settings.module.css'

type Member = Shapes['UserView']
type Pending = Shapes['PendingInvite']

const FIRST: Grant[] = [{ roleId: 'workspace_member', resources: [], labels: [] }]

/** Who works here, what each may do, and who is invited. */
export function Members() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const members = useQuery(membersQuery(ws))
  const [inviting, setInviting] = useState(false)
  const owner = members.data !== null
  useTitle('Members', ws)
  return (
    <>
      <PageHead title="Members" sub="Who works here, and what each of them may do.">
        <Button
          look="primary"
          disabled={!owner}
          title={owner ? undefined : OWNERS_ONLY}
          onClick={() => setInviting(true)}
        >
          Invite
        </Button>
      </PageHead>
      <Body>
        <Loaded query={members}>
          {(users) =>
            users === null ? (
              <Note tone="warn">Only an owner of the workspace can see and change its members.</Note>
            ) : (
              <>
                <People ws={ws} users={users} />
                <Invitations ws={ws} />
              </>
            )
          }
        </Loaded>
      </Body>
      {inviting && <Invite ws={ws} onClose={() => setInviting(false)} />}
    </>
  )
}

const owns = ({ permissions }: Member) => permissions.some(({ roleId }) => roleId === 'workspace_owner')

function People({ ws, users }: { ws: string; users: Member[] }) {
  const client = useQueryClient()
  const account = useQuery(accountQuery).data
  const [edited, setEdited] = useState<Member | null>(null)
  const [removed, setRemoved] = useState<Member | null>(null)
  const owners = users.filter(owns).length
  return (
    <Section title="Members">
      <Table
        label="Members"
        rows={users}
        id={({ id }) => id}
        columns={[
          {
            head: 'member',
            cell: (user) => (
              <Name below={user.email}>
                {user.name} {user.id === account?.id && <Badge>you</Badge>}
              </Name>
            ),
          },
          { head: 'may', cell: ({ permissions }) => <InWords ws={ws} permissions={permissions} /> },
          {
            head: '',
            number: true,
            cell: (user) => {
              const last = owns(user) && owners === 1
              const why = last ? 'The last owner stays: make somebody else an owner first.' : undefined
              return (
                <span className={css.rowActions}>
                  <Button small onClick={() => setEdited(user)}>
                    Change
                  </Button>
                  <Button small look="danger" disabled={last} title={why} onClick={() => setRemoved(user)}>
                    Remove
                  </Button>
                </span>
              )
            },
          },
        ]}
      />
      {edited && <Change ws={ws} user={edited} onClose={() => setEdited(null)} />}
      <Confirm
        title={`Remove ${removed?.name}?`}
        open={removed !== null}
        onClose={() => setRemoved(null)}
        action="Remove"
        run={async () => {
          await read(
            api.DELETE('/users', {
              params: { query: { 'userIds.0': removed!.id }, header: inWorkspace(ws) },
            }),
          )
          await client.invalidateQueries({ queryKey: membersQuery(ws).queryKey })
          toast(`${removed!.name} is no member any more`)
        }}
      >
        <p>
          {removed?.email} loses every right in this workspace at once. Tokens they made for it keep working;
          look through them afterwards.
        </p>
      </Confirm>
    </Section>
  )
}

function Change({ ws, user, onClose }: { ws: string; user: Member; onClose: () => void }) {
  const client = useQueryClient()
  const workspace = useQuery(workspaceQuery(ws)).data?.workspace
  const [grants, setGrants] = useState<Grant[] | null>(null)
  const [seen, setSeen] = useState<string | null>(null)
  const [faults, setFaults] = useState<Fault[]>([])
  const [changed, setChanged] = useState(false)
  const [busy, setBusy] = useState(false)
  const load = async () => {
    const { value, etag } = await readTagged(
      api.GET('/users/{userId}', { params: { path: { userId: user.id }, header: inWorkspace(ws) } }),
    )
    return { user: value.user, etag }
  }
  const about = useQuery({ queryKey: ['w', ws, 'members', user.id], staleTime: 0, queryFn: load })
  const shown = grants ?? (about.data ? grantsOf(about.data.user.permissions) : null)
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    if (!shown || !about.data || !workspace || busy) return
    setBusy(true)
    setFaults([])
    try {
      await read(
        api.PUT('/users/{userId}/permissions', {
          params: {
            path: { userId: user.id },
            header: { ...inWorkspace(ws), 'If-Match': seen ?? about.data.etag },
          },
          body: { permissions: permissionsOf(shown, workspace.id) },
        }),
      )
      await client.invalidateQueries({ queryKey: membersQuery(ws).queryKey })
      toast(`What ${user.name} may do is changed`)
      onClose()
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 412) setChanged(true)
      else setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title={`What ${user.name} may do`} open onClose={onClose} wide>
      <form onSubmit={save} style={{ display: 'contents' }}>
        <Summary faults={faults} />
        {changed && (
          <ChangedMeanwhile
            load={async () => {
              const latest = await load()
              setSeen(latest.etag)
              setGrants(grantsOf(latest.user.permissions))
              setChanged(false)
            }}
            keep={async () => {
              setSeen((await load()).etag)
              setChanged(false)
            }}
          />
        )}
        <Loaded query={about} rows={2}>
          {() => (
            <Grants
              ws={ws}
              grants={shown ?? []}
              onChange={(next) => {
                setSeen((before) => before ?? about.data?.etag ?? null)
                setGrants(next)
              }}
            />
          )}
        </Loaded>
        <Actions>
          <Button type="submit" look="primary" busy={busy}>
            Save
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </Actions>
      </form>
    </Dialog>
  )
}

function Invitations({ ws }: { ws: string }) {
  const client = useQueryClient()
  const [revoked, setRevoked] = useState<Pending | null>(null)
  const queryKey = ['w', ws, 'invitations']
  const pending = useQuery({
    queryKey,
    queryFn: async () =>
      (await read(api.GET('/invites/pending', { params: { header: inWorkspace(ws) } }))).invitations,
  })
  const resend = async ({ email, permissions }: Pending) => {
    try {
      await read(
        api.POST('/invites', {
          params: { header: inWorkspace(ws) },
          body: { invites: [{ email, permissions }] },
        }),
      )
      await client.invalidateQueries({ queryKey })
      toast(`A new invitation is on its way to ${email}`)
    } catch (error) {
      toastRefusal(error)
    }
  }
  return (
    <Section title="Invitations" sub="An invitation is for one address, and ends by itself.">
      <Loaded query={pending} rows={1}>
        {(invitations) =>
          invitations.length === 0 ? (
            <Muted>Nobody is invited at the moment.</Muted>
          ) : (
            <Table
              label="Invitations"
              rows={invitations}
              id={({ id }) => id}
              columns={[
                {
                  head: 'invited',
                  cell: (invite) => (
                    <Name>
                      {invite.email}{' '}
                      {invite.expired ? (
                        <Badge tone="warn" glyph="‖">
                          expired
                        </Badge>
                      ) : (
                        <Badge tone="accent" glyph="◔">
                          pending
                        </Badge>
                      )}
                    </Name>
                  ),
                },
                { head: 'will be', cell: ({ permissions }) => <InWords ws={ws} permissions={permissions} /> },
                { head: 'sent', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { head: 'ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
                {
                  head: '',
                  number: true,
                  cell: (invite) => (
                    <span className={css.rowActions}>
                      <Button small onClick={() => void resend(invite)}>
                        Send again
                      </Button>
                      <Button small look="danger" onClick={() => setRevoked(invite)}>
                        Revoke
                      </Button>
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <Confirm
        title="Revoke this invitation?"
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        action="Revoke"
        run={async () => {
          await read(
            api.DELETE('/invites', {
              params: { query: { 'emails.0': revoked!.email }, header: inWorkspace(ws) },
            }),
          )
          await client.invalidateQueries({ queryKey })
          toast('The invitation is revoked')
        }}
      >
        <p>The link in the mail to {revoked?.email} stops working.</p>
      </Confirm>
    </Section>
  )
}

function Invite({ ws, onClose }: { ws: string; onClose: () => void }) {
  const client = useQueryClient()
  const workspace = useQuery(workspaceQuery(ws)).data?.workspace
  const [email, setEmail] = useState('')
  const [grants, setGrants] = useState(FIRST)
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const at = faults.find(({ pointer }) => pointer === '/invites/0/email')
  const send = async (event: React.FormEvent) => {
    event.preventDefault()
    if (!workspace || busy) return
    setBusy(true)
    setFaults([])
    try {
      await read(
        api.POST('/invites', {
          params: { header: inWorkspace(ws) },
          body: { invites: [{ email: email.trim(), permissions: permissionsOf(grants, workspace.id) }] },
        }),
      )
      await client.invalidateQueries({ queryKey: ['w', ws, 'invitations'] })
      toast(`An invitation is on its way to ${email.trim()}`)
      onClose()
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title="Invite somebody" open onClose={onClose} wide>
      <form onSubmit={send} noValidate style={{ display: 'contents' }}>
        <Summary faults={faults.filter((fault) => fault !== at)} />
        <TextField
          label="E-mail"
          type="email"
          autoComplete="off"
          autoFocus
          value={email}
          error={at && toldHere(at)}
          hint="They get a link. It works for this address only."
          onChange={(event) => {
            setEmail(event.target.value)
            setFaults([])
          }}
        />
        <Grants ws={ws} grants={grants} onChange={setGrants} />
        <Actions>
          <Button type="submit" look="primary" busy={busy}>
            Send invitation
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </Actions>
      </form>
    </Dialog>
  )
}
