/*
 * looks.test.mjs: every page, in every look, behind lighttpd.
 */
import {lookAtAll} from "./looks.mjs";

lookAtAll({server: "lighttpd", way: "daemon", mount: ""});
