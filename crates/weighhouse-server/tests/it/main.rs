//! The gate as its users meet it: requests in, answers and state out.

#![cfg(test)]

mod agents;
mod api;
mod at_rest;
mod attestations;
mod audit;
mod backup;
mod bundles;
mod cards;
mod cluster;
mod contents;
mod directory;
mod faults;
mod harness;
mod hub;
mod log;
mod login;
mod names;
mod notify;
mod older;
mod operate;
mod overview;
mod people;
mod policy;
mod provider;
mod receivers;
mod released;
mod review;
mod seen;
mod sound;
mod storage;
mod story;
mod tls;
mod traces;
mod upload;
mod upstream;
mod views;
mod waivers;
mod web;
mod wire;
mod witness;
