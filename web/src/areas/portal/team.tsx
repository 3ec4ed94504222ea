import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { accountQuery, partnerQuery } from '../../api/queries'
import { Badge } from '../../kit/badge'
import { Button } from '../../kit/button'
import { Confirm, Dialog } from '../../kit/dialog'
import { Actions, Form, Select, Summary, sentence, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Loaded } from '../../kit/loaded'
import { Body, Muted, PageHead, Section, useTitle } from '../../kit/page'
import { toastRefusal } from '../../kit/refusal'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { teamQuery } from './data'
import css from './portal.module.css'

type Role = Shapes['TeamRole']
const ROLES: { key: Role; name: string; can: string }[] = [
  { key: 'admin', name: 'Admin', can: 'builds, invites people, and removes integrations' },
  { key: 'builder', name: 'Builder', can: 'builds and submits integrations' },
]

/** People of the partner team and their roles. */
export function PartnerTeam() {
  useTitle('Team')
  const client = useQueryClient()
  const team = useQuery(teamQuery)
  const partner = useQuery(partnerQuery).data
  const me = useQuery(accountQuery).data
  const [inviting, setInviting] = useState(false)
  const [removed, setRemoved] = useState<Shapes['TeamMemberView'] | null>(null)
  const [revoked, setRevoked] = useState<string | null>(null)
  const admin = partner?.role === 'admin'
  const refused = admin ? undefined : 'Only admins of the team can do this'
  const changed = () => client.invalidateQueries({ queryKey: teamQuery.queryKey })
  const setRole = async (userId: string, role: Role) => {
    try {
      await read(api.PUT('/partner/team/{userId}', { params: { path: { userId } }, body: { role } }))
      toast('The role is changed')
      await client.invalidateQueries({ queryKey: partnerQuery.queryKey })
    } catch (error) {
      toastRefusal(error)
    } finally {
      await changed()
    }
  }
  return (
    <>
      <PageHead title="Team" sub={`Who builds the integrations of ${partner?.name ?? 'your company'}.`}>
        {!admin && <Muted>Only admins invite and remove people.</Muted>}
        <Button look="primary" disabled={!admin} title={refused} onClick={() => setInviting(true)}>
          Invite
        </Button>
      </PageHead>
      <Body>
        <Loaded query={team}>
          {({ members, invitations }) => (
            <>
              <Section title="Members">
                <Table
                  label="Members"
                  rows={members}
                  id={({ id }) => id}
                  columns={[
                    {
                      head: 'person',
                      cell: (member) => (
                        <Name below={member.email}>
                          {member.name || member.email}
                          {member.id === me?.id && <Muted> (you)</Muted>}
                        </Name>
                      ),
                    },
                    {
                      head: 'role',
                      cell: (member) =>
                        admin ? (
                          <Roles
                            label={`Role of ${member.name || member.email}`}
                            value={member.role}
                            onChange={(role) => void setRole(member.id, role)}
                          />
                        ) : (
                          ROLES.find(({ key }) => key === member.role)?.name
                        ),
                    },
                    { head: 'since', cell: (member) => <Time at={member.joinedAt} date /> },
                    {
                      head: '',
                      cell: (member) =>
                        (admin || member.id === me?.id) && (
                          <Button
                            small
                            look="quiet"
                            aria-label={`Remove ${member.name || member.email}`}
                            onClick={() => setRemoved(member)}
                          >
                            {member.id === me?.id ? 'Leave' : 'Remove'}
                          </Button>
                        ),
                    },
                  ]}
                />
              </Section>
              {invitations.length > 0 && (
                <Section title="Invitations">
                  <Table
                    label="Invitations"
                    rows={invitations}
                    id={({ email }) => email}
                    columns={[
                      { head: 'address', cell: ({ email }) => email },
                      { head: 'role', cell: ({ role }) => ROLES.find(({ key }) => key === role)?.name },
                      {
                        head: 'good until',
                        cell: ({ expired, expiresAt }) =>
                          expired ? (
                            <Badge tone="warn" glyph="!">
                              expired
                            </Badge>
                          ) : (
                            <Time at={expiresAt} />
                          ),
                      },
                      {
                        head: '',
                        cell: ({ email }) =>
                          admin && (
                            <Button
                              small
                              look="quiet"
                              aria-label={`Revoke the invitation of ${email}`}
                              onClick={() => setRevoked(email)}
                            >
                              Revoke
                            </Button>
                          ),
                      },
                    ]}
                  />
                </Section>
              )}
            </>
          )}
        </Loaded>
      </Body>
      <Dialog title="Invite to the team" open={inviting} onClose={() => setInviting(false)}>
        <Invite
          onDone={async (email) => {
            await changed()
            setInviting(false)
            toast(`${email} gets a mail with a link`)
          }}
          onClose={() => setInviting(false)}
        />
      </Dialog>
      <Confirm
        title={removed?.id === me?.id ? 'Leave the team?' : `Remove ${removed?.name || removed?.email}?`}
        open={removed !== null}
        onClose={() => setRemoved(null)}
        action={removed?.id === me?.id ? 'Leave' : 'Remove'}
        run={async () => {
          await read(api.DELETE('/partner/team/{userId}', { params: { path: { userId: removed!.id } } }))
          if (removed?.id === me?.id) location.assign('/')
          else {
            await changed()
            toast('Removed from the team')
          }
        }}
      >
        <p>The Developer Portal closes for them at once. What they built stays with the team.</p>
      </Confirm>
      <Confirm
        title={`Revoke the invitation of ${revoked}?`}
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        action="Revoke"
        run={async () => {
          await read(api.DELETE('/partner/invitations/{email}', { params: { path: { email: revoked! } } }))
          await changed()
          toast('The invitation is revoked')
        }}
      >
        <p>The link in the mail stops working.</p>
      </Confirm>
    </>
  )
}

function Roles({ label, value, onChange }: { label: string; value: Role; onChange: (role: Role) => void }) {
  return (
    <select
      className={css.select}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as Role)}
    >
      {ROLES.map(({ key, name }) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  )
}

function Invite({ onDone, onClose }: { onDone: (email: string) => Promise<void>; onClose: () => void }) {
  const form = useApiForm({
    values: { email: '', role: 'builder' as Role },
    send: async (body) => {
      await read(api.POST('/partner/invitations', { body }))
      await onDone(body.email)
    },
  })
  const role = form.watch('role')
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <TextField
        label="E-mail"
        type="email"
        autoFocus
        hint="Nobody else can accept. The link is good once, for three days."
        error={form.errors.email?.message}
        {...form.register('email', { required: 'An address is needed.' })}
      />
      <Select
        label="Role"
        hint={sentence(ROLES.find(({ key }) => key === role)!.can)}
        error={form.errors.role?.message}
        {...form.register('role')}
      >
        {ROLES.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </Select>
      <Actions>
        <Button type="submit" look="primary" busy={form.busy}>
          Send invitation
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </Actions>
    </Form>
  )
}
