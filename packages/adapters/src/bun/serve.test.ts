import { describeServe } from '../serve-suite.fixture.ts'
import { serve } from './serve.ts'

describeServe(serve)
