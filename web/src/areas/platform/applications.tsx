import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Badge } from '../../kit/badge'
import { Filter, Filters } from '../../kit/filters'
import { Loaded } from '../../kit/loaded'
import { Body, Empty, PageHead, Toolbar, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { applicationsQuery, STANDINGS } from './queries'
import { StandingBadge } from './standing'

/** The queue of applications to the partner programme. */
export function Applications() {
  useTitle('Applications')
  const { show } = getRouteApi('/platform/applications').useSearch()
  const { statuses } = STANDINGS[show ?? 'open'] ?? STANDINGS.open!
  const list = useQuery(applicationsQuery(statuses))
  return (
    <>
      <PageHead title="Applications" sub="Companies that want to build a source, the oldest first." />
      <Body>
        <Toolbar>
          <Filters label="Applications">
            {Object.entries(STANDINGS).map(([key, { label }]) => (
              <Filter
                key={key}
                to="/platform/applications"
                search={{ show: key === 'open' ? undefined : key }}
                activeOptions={{ exact: true }}
              >
                {label}
              </Filter>
            ))}
          </Filters>
        </Toolbar>
        <Loaded query={list}>
          {(applications) =>
            applications.length === 0 ? (
              <Empty title={show ? 'None of these' : 'Nothing waits'}>
                <p>
                  Companies apply on the <Link to="/partners">partner page</Link>. Each application waits here
                  until it is decided, and the applicant reads the decision by mail.
                </p>
              </Empty>
            ) : (
              <Table
                label="Applications"
                rows={applications}
                id={(row) => row.id}
                columns={[
                  {
                    head: 'company',
                    cell: ({ id, answers }) => (
                      <Name below={answers.companyWebsite}>
                        <Link to="/platform/applications/$id" params={{ id }}>
                          {answers.companyName}
                        </Link>
                      </Name>
                    ),
                  },
                  { head: 'status', cell: ({ status }) => <StandingBadge status={status} /> },
                  {
                    head: 'address',
                    cell: ({ answers, operator }) => (
                      <Name below={operator && <CompanyAddress at={operator.emailAtCompany} />}>
                        {answers.email}
                      </Name>
                    ),
                  },
                  { head: 'sent', cell: ({ submittedAt }) => <Time at={submittedAt} /> },
                  {
                    head: 'decided',
                    cell: ({ decidedAt }) => (decidedAt ? <Time at={decidedAt} /> : '–'),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Body>
    </>
  )
}

/** Whether an address belongs to the company's domain. */
export function CompanyAddress({ at }: { at: boolean }) {
  return at ? (
    <Badge tone="ok" glyph="✓">
      at the company
    </Badge>
  ) : (
    <Badge tone="warn" glyph="!">
      not at the company
    </Badge>
  )
}
