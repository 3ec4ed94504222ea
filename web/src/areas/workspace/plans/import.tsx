import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Fault } from '../../../api/client'
import { Button, LinkButton } from '../../../kit/button'
import { Actions, Check, Form, TextField } from '../../../kit/fields'
import { count, plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Body, Note, Panel, Section, useTitle } from '../../../kit/page'
import { Table } from '../../../kit/table'
import { cellOf } from './cells'
import { useChange } from './change'
import { importFile, usePlanRefusal } from './data'

/** The bytes that a file may have. */
const MOST = 15_000_000

/** Rules of a file: a dry run first, which says what changes, or every row that is wrong. */
export function ImportPlan() {
  const { ws, plan } = getRouteApi('/w/$ws/tracking-plans/$plan/import').useParams()
  const navigate = useNavigate()
  const { review, dialog } = useChange(ws, plan)
  const refused = usePlanRefusal(ws)
  const [file, setFile] = useState<File | null>(null)
  const [replace, setReplace] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  useTitle('Import', plan, ws)
  const look = async (event: React.FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (!file) return setProblem('Choose a file first.')
    if (file.size > MOST) return setProblem('The file has more than 15 MB.')
    setProblem(undefined)
    setFaults([])
    setBusy(true)
    try {
      const text = await file.text()
      const table = !/\.json$/i.test(file.name) && !/^\s*[[{]/.test(text)
      await review({
        title: `Import ${file.name}`,
        action: 'Import rules',
        done: 'The rules of the file are in the plan',
        send: (sending) => importFile(ws, plan, { text, table, replace }, sending),
        after: () => void navigate({ to: '/w/$ws/tracking-plans/$plan/rules', params: { ws, plan } }),
      })
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Body>
      <Section
        title="Import rules from a file"
        sub={
          <>
            A table as Export CSV writes it (
            <code>type, key, property, status, data_type, permitted_values</code> …), or a plan as JSON.
            Nothing is saved before you have seen what changes.
          </>
        }
      >
        <Panel>
          <Form onSubmit={look}>
            <TextField
              label="File"
              hint="CSV or JSON, at most 15 MB, 100,000 rows and 2,000 rules."
              type="file"
              accept=".csv,.json,text/csv,application/json"
              error={problem}
              onChange={({ target }) => setFile(target.files?.[0] ?? null)}
            />
            <Check
              type="radio"
              name="mode"
              label="Add to the rules that are there"
              hint="A rule of the same type, event and version is changed; all others stay."
              checked={!replace}
              onChange={() => setReplace(false)}
            />
            <Check
              type="radio"
              name="mode"
              label="Replace all rules"
              hint="What the file does not have is gone."
              checked={replace}
              onChange={() => setReplace(true)}
            />
            <Actions>
              <Button type="submit" look="primary" busy={busy} disabled={!!refused} title={refused}>
                Review changes
              </Button>
              <LinkButton to="/w/$ws/tracking-plans/$plan/rules" params={{ ws, plan }}>
                Cancel
              </LinkButton>
            </Actions>
          </Form>
        </Panel>
      </Section>
      {faults.length > 0 && (
        <Section title={`${plural(faults.length, 'error')} in the file`}>
          <Note tone="bad">
            <span role="alert">Nothing was imported. Mend the file and review it again.</span>
          </Note>
          <Table
            label="Errors in the file"
            rows={faults.map((fault, at) => ({ ...fault, ...cellOf(fault), at }))}
            id={({ at }) => String(at)}
            columns={[
              { head: 'row', number: true, cell: ({ row }) => (row === undefined ? '' : count(row)) },
              { head: 'column', cell: ({ column }) => column && <code>{column}</code> },
              { head: 'what is wrong', cell: ({ said }) => said },
              { head: 'what to do', cell: ({ fix }) => fix },
            ]}
          />
        </Section>
      )}
      {dialog}
    </Body>
  )
}
