/*
 * looks_apache.test.mjs: every page, in every look, below a sub-path of Apache.
 */
import {lookAtAll} from "./looks.mjs";

lookAtAll({server: "apache", way: "proxy", mount: "/gbalance",
	axe: false});
